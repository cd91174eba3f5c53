/** Servers that cannot prove who they are. What they would say does not matter: it is as good as no answer. */
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { mintAuthority } from "../../registry-fixtures/authority.js";
import { registryEntry } from "../../registry-fixtures/project.js";
import { serve } from "../../registry-fixtures/server.js";
import { createSimulator } from "../../registry-fixtures/simulator.js";
import { setScene, small } from "./scene.js";

const authority = await mintAuthority();
const simulator = createSimulator({ name: "fixture" });
simulator.publish(small("soup"));
const scene = await setScene(simulator, { authority, inside: true });

for (const certificate of ["wrong-host", "expired", "unknown-ca", "self-signed"] as const) {
  test(`certificate: ${certificate}`, async () => {
    const doubtful = createSimulator({ name: "doubtful" });
    doubtful.publish(small("soup"));
    const served = await serve(doubtful, { certificate, authority });
    try {
      const project = await scene.project({ soup: "1.0.0" }, { resolved: false });
      await project.writeNpmrc({ registry: served.url });
      await project.writeTrust({ registries: { doubtful: registryEntry(doubtful) } });
      const report = await scene.refused(project, { code: "FETCH_TLS", of: "soup@1.0.0", status: 75 });
      assert.equal(report.result, "UNDECIDED");
      assert.deepEqual(doubtful.log, [], "not a word was exchanged");
    } finally {
      await served.close();
    }
  });
}

test("a project's own cafile is not believed: whom to trust on the wire is not for the repository to say", async () => {
  const project = await scene.project({ soup: "1.0.0" });
  await project.write("ca.pem", authority.pem);
  await project.write(".npmrc", `registry=${scene.served.url}\ncafile=./ca.pem\n`);
  const mine = await mintAuthority();
  const others = join(project.home, "others.pem");
  await writeFile(others, mine.pem);
  const { status, report } = await scene.run(project, ["ci"], { caFile: others });
  assert.equal(status, 75);
  assert.ok(report.verdicts[0]?.findings.some(({ code }) => code === "FETCH_TLS"));
  assert.ok(report.findings.some(({ code, says }) => code === "ENVIRONMENT_UNSAFE" && /cafile/.test(says)));
  assert.deepEqual(scene.witness.runs(), []);
});

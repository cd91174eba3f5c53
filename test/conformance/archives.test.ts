/** Archives recorded or made elsewhere, listed by folder (registry-fixtures/vectors/archives/SOURCE.md). */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { crc32, gunzipSync, inflateRawSync } from "node:zlib";
import { vectorPath } from "../../registry-fixtures/fixture-files.js";
import type { ArchiveListing } from "../../src/model/archive.js";
import type { Finding } from "../../src/model/finding.js";
import { inspectArchive } from "../../src/verify/archive.js";
import { ArchiveContents } from "../../src/verify/archive-contents.js";
import { ArchiveNotes } from "../../src/verify/archive-notes.js";
import { GzipMember } from "../../src/verify/gzip.js";
import { TarReader } from "../../src/verify/tar.js";
import { byPath, nodeTarFiles } from "../verify/node-tar-list.js";

/** The code of the refusal, or "accept". */
type Decision = string;

function vector(...segments: readonly string[]): Buffer {
  return readFileSync(vectorPath("archives", ...segments));
}

function filesOf(folder: string, ...endings: readonly string[]): readonly string[] {
  return readdirSync(vectorPath("archives", folder)).filter((name) => endings.some((ending) => name.endsWith(ending)));
}

/** Reads a plain tar file as if all of it lay in one folder, and had a manifest: what the walker itself decides. */
function readTar(bytes: Buffer): { decision: Decision; listing: ArchiveListing } {
  const contents = new ArchiveContents(new ArchiveNotes());
  const below = {
    begin: (entry: Parameters<typeof contents.begin>[0]) => contents.begin({ ...entry, path: `root/${entry.path}` }),
  };
  const reader = new TarReader({ ...below, content: (piece) => contents.content(piece), end: () => contents.end() });
  const refused: Finding | null = reader.write(bytes) ?? reader.end();
  return { decision: refused?.code ?? "accept", listing: contents.listing() };
}

async function sameAsNodeTar(bytes: Uint8Array, { files }: ArchiveListing, strip: number): Promise<void> {
  const ours = files.map(({ path, size, sha256 }) => ({ path, size, sha256 })).sort(byPath);
  const theirs = await nodeTarFiles(bytes, strip);
  assert.deepEqual(ours, theirs);
}

describe("synthetic-npm: every accept passes, every reject is refused, every policy is decided", () => {
  interface Case {
    readonly file: string;
    readonly expected: "accept" | "reject" | "policy";
    readonly sha512: string;
  }
  const { cases } = JSON.parse(vector("synthetic-npm", "index.json").toString("utf8")) as { cases: readonly Case[] };

  /** What was decided where the collection leaves it open: a code of refusal, or how the note begins to say it. */
  const POLICY: Readonly<Record<string, Decision | RegExp>> = {
    "win-trailing-dot.tgz": "ARCHIVE_DUPLICATE",
    "name-embedded-nul.tgz": "ARCHIVE_MALFORMED",
    "symlink-inside.tgz": "ARCHIVE_LINK",
    "hardlink-inside.tgz": "ARCHIVE_LINK",
    "setuid.tgz": "ARCHIVE_MALFORMED",
    // Real: agent-base 7 and its relatives hold one file twice. Other bytes under the same path are refused.
    "dup-identical.tgz": /is packed twice, with the same bytes/,
    "unicode-casefold-sharp-s.tgz": "ARCHIVE_DUPLICATE",
    // Real: clients of npm of 2012 left zeros. Anything else behind the member is refused.
    "gzip-trailing-zeros.tgz": /is padded with zeros/,
    "pj-proto.tgz": "ARCHIVE_MALFORMED",
    "dot-npmrc-inside.tgz": /is a configuration of npm/,
  };
  /** Honest archives whose manifest lies about something outside: the comparison with registry and lockfile refuses. */
  const JUDGED_LATER: Readonly<Record<string, RegExp>> = {
    "pj-version-mismatch.tgz": /"version":\s*"(?!1\.0\.0)/,
    "pj-hidden-deps.tgz": /"dependencies"/,
  };

  for (const { file, expected, sha512 } of cases) {
    test(`${file}: ${expected}`, async () => {
      const inspection = await inspectArchive([vector("synthetic-npm", file)]);
      assert.equal(`sha512-${Buffer.from(inspection.packed.sha512, "hex").toString("base64")}`, sha512);
      const policy = POLICY[file];
      const later = JUDGED_LATER[file];
      if (later !== undefined) {
        assert.ok(inspection.ok);
        assert.match(inspection.listing.manifest, later);
      } else if (expected === "accept") {
        assert.ok(inspection.ok);
        await sameAsNodeTar(gunzipSync(vector("synthetic-npm", file)), inspection.listing, 1);
      } else if (expected === "reject") {
        assert.ok(!inspection.ok);
        assert.match(inspection.finding.code, /^ARCHIVE_/);
      } else if (policy instanceof RegExp) {
        assert.ok(inspection.ok);
        assert.match(inspection.listing.notes.map(({ says }) => says).join(" "), policy);
      } else {
        assert.equal(inspection.ok ? "accept" : inspection.finding.code, policy);
      }
    });
  }

  test("each file is in the index, and each policy and each exception is a case", () => {
    const named = cases.map(({ file }) => file);
    assert.deepEqual(filesOf("synthetic-npm", ".tgz").toSorted(), named.toSorted());
    const open = cases.filter(({ expected }) => expected === "policy").map(({ file }) => file);
    assert.deepEqual([...Object.keys(POLICY), "pj-hidden-deps.tgz"].toSorted(), open.toSorted());
  });
});

describe("real-odd: real npm tarballs of unusual form pass", () => {
  for (const file of filesOf("real-odd", ".tgz")) {
    test(file, async () => {
      const inspection = await inspectArchive([vector("real-odd", file)]);
      assert.ok(inspection.ok);
      assert.deepEqual(inspection.listing.notes, []);
      await sameAsNodeTar(gunzipSync(vector("real-odd", file)), inspection.listing, 1);
    });
  }
});

describe("real tarballs of npm's registry pass, with the files that npm would unpack", () => {
  const folder = vectorPath("npm-signatures", "tarballs");
  for (const file of readdirSync(folder)) {
    test(file, async () => {
      const bytes = readFileSync(join(folder, file));
      const inspection = await inspectArchive([bytes]);
      assert.ok(inspection.ok);
      await sameAsNodeTar(gunzipSync(bytes), inspection.listing, 1);
    });
  }
});

describe("plain tar files", () => {
  const M = "ARCHIVE_MALFORMED";
  const LINK = "ARCHIVE_LINK_ESCAPE";
  /** What is decided about each file; of a folder without a table, everything is refused. */
  const DECISIONS: Readonly<Record<string, Readonly<Record<string, string>> | null>> = {
    // Links are never packed by npm, and left out when it unpacks; those that stay inside are told apart.
    "malo/tar/accept": { "directory.tar": "accept", "pax_path_empty_fixed.tar": "accept", "symlink.tar": LINK },
    // npm's own tarballs have names of exactly 100 bytes, and old ones NUL as the type of a file.
    "malo/tar/iffy": {
      "backslash_name.tar": "ARCHIVE_PATH_ESCAPE",
      "name_no_nul.tar": "accept",
      "no_magic.tar": M,
      "pax_empty_path.tar": M,
      "pax_path_second_block.tar": M,
      "pax_record_leading_zero_length.tar": M,
      "pax_utf16_hdrcharset_UTF16.tar": M,
      "pax_utf16_hdrcharset_utf16.tar": M,
      "pax_utf16_name.tar": M,
      "regular_nul.tar": "accept",
      "sparse_no_chunks_zero.tar": M,
      "unknown_A_data.tar": M,
    },
    "malo/tar/malicious": null,
    "malo/tar/reject": null,
    "jwilk-traversal-tar": null,
    "snyk-zip-slip": null,
    "node-tar": {
      "body-byte-counts.tar": "accept",
      "dir.tar": "accept",
      "emptypax.tar": "accept",
      "links-strip.tar": "ARCHIVE_LINK",
      "links.tar": LINK,
      "long-paths.tar": "accept",
      "long-pax.tar": M, // no end
      "next-file-has-long.tar": M, // GNU long names, of which 2,000 real npm tarballs have none
      "null-byte.tar": M,
      "path-missing.tar": M,
      "trailing-slash-corner-case.tar": M,
    },
    "tar-rs": {
      "biguid_pax.tar": "accept",
      "file_times.tar": "accept",
      "pax.tar": "accept",
      "pax_size.tar": M, // two sizes
      "reading_files.tar": "accept",
      "simple.tar": "accept",
      "simple_missing_last_header.tar": "accept",
      "spaces.tar": M, // no magic
      "xattrs.tar": "accept",
    },
    "go-archive-testdata": {
      "gnu-multi-hdrs.tar": M,
      "gnu-nil-sparse-data.tar": M,
      "gnu-utf8.tar": M,
      "gnu.tar": "accept",
      "issue11169.tar": M,
      "issue12435.tar": M,
      "neg-size.tar": M,
      "nil-uid.tar": M, // GNU's own fields
      "pax-nil-sparse-data.tar": M,
      "pax-nil-sparse-hole.tar": M,
      "pax-nul-path.tar": M,
      "pax-path-hdr.tar": M,
      "pax-pos-size-file.tar": M,
      "pax.tar": M, // a link's target
      "star.tar": M, // another format in ustar's clothes
      "v7.tar": M,
      "writer-big.tar": M,
      "xattrs.tar": "accept",
    },
    libarchive: {
      "test_compat_plexus_archiver_tar.tar": M,
      "test_compat_tar_hardlink_1.tar": M,
      "test_read_format_tar_concatenated.tar": M,
      "test_read_format_tar_pax_negative_time.tar": "accept",
      "test_read_format_tar_timestamp_overflow.tar": M, // base-256 size
    },
  };
  for (const [folder, decisions] of Object.entries(DECISIONS)) {
    for (const file of filesOf(folder, ".tar")) {
      test(`${folder}/${file}`, async () => {
        const bytes = vector(folder, file);
        const { decision, listing } = readTar(bytes);
        if (decisions === null) assert.notEqual(decision, "accept");
        else assert.equal(decision, decisions[file]);
        if (decision === "accept") await sameAsNodeTar(bytes, listing, 0);
      });
    }
  }

  test("malo's own expectation of an accepted file", () => {
    const { listing } = readTar(vector("malo/tar/accept", "directory.tar"));
    const { expected } = JSON.parse(vector("malo/tar/accept", "directory.json").toString("utf8"));
    const [, file] = expected;
    const [ours] = listing.files;
    assert.deepEqual([ours?.path, ours?.size, ours?.sha256], [file.member, file.size, file.sha256]);
  });
});

describe("DEFLATE streams, each as the only member of a gzip file", () => {
  /** Wraps a stream with the trailer that its first part deserves. */
  function inspect(deflate: Buffer, content: Buffer): { out: Buffer; code: string | null } {
    const trailer = Buffer.alloc(8);
    trailer.writeUInt32LE(crc32(content));
    trailer.writeUInt32LE(content.length, 4);
    const pieces: Buffer[] = [];
    const gzip = new GzipMember((piece) => {
      pieces.push(Buffer.from(piece));
      return null;
    });
    const start = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]);
    const refused = gzip.write(Buffer.concat([start, deflate, trailer])) ?? gzip.end();
    gzip.close();
    return { out: Buffer.concat(pieces), code: refused?.code ?? null };
  }

  for (const file of filesOf("malo/deflate/accept", ".deflate")) {
    test(`accept/${file}`, () => {
      const deflate = vector("malo/deflate/accept", file);
      const content = inflateRawSync(deflate);
      assert.deepEqual(inspect(deflate, content), { out: content, code: null });
    });
  }
  for (const folder of ["reject", "malicious"]) {
    for (const file of filesOf(`malo/deflate/${folder}`, ".deflate")) {
      test(`${folder}/${file}`, () => {
        for (const content of ["", "hello"]) {
          const { code } = inspect(vector(`malo/deflate/${folder}`, file), Buffer.from(content));
          assert.equal(code, "ARCHIVE_MALFORMED");
        }
      });
    }
  }
});

test("libarchive's file of several gzip members is refused", () => {
  const gzip = new GzipMember(() => null);
  assert.match(gzip.write(vector("libarchive", "test_compat_gzip_1.tgz"))?.says ?? "", /second gzip member/);
  gzip.close();
});

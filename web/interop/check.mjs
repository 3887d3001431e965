// An independent verifier for the vectors that the Go side makes: node check.mjs VECTORS.json prints one JSON line a vector,
// {"name","ok","why"}. @sd-jwt/* checks presentations and status lists, sm-crypto checks SM2 signatures and makes one of its own.
import { createPublicKey, verify as verifySignature } from "node:crypto";
import { readFileSync } from "node:fs";
import { digest } from "@sd-jwt/crypto-nodejs";
import { SDJwtVcInstance } from "@sd-jwt/sd-jwt-vc";
import smCrypto from "sm-crypto";

const { sm2 } = smCrypto;
const hex = (b64url) => Buffer.from(b64url, "base64url").toString("hex");

// es256 checks r ‖ s over P-256; sm2Check the same over SM2 with the default user id.
const es256 = (jwk) => (data, signature) =>
  verifySignature("sha256", Buffer.from(data), { key: createPublicKey({ key: jwk, format: "jwk" }), dsaEncoding: "ieee-p1363" }, Buffer.from(signature, "base64url"));
const sm2Check = (jwk) => (data, signature) =>
  sm2.doVerifySignature(data, hex(signature), "04" + hex(jwk.x) + hex(jwk.y), { hash: true, userId: "1234567812345678" });
const verifier = (jwk) => (jwk.crv === "SM2" ? sm2Check(jwk) : es256(jwk));

async function presentation(v) {
  const instance = new SDJwtVcInstance({
    hasher: digest,
    verifier: async (data, signature) => verifier(v.issuer)(data, signature),
    kbVerifier: async (data, signature, payload) => verifier({ kty: "EC", ...payload.cnf.jwk })(data, signature),
    statusListFetcher: async (uri) => {
      if (uri !== v.uri) throw new Error("another list");
      return v.list;
    },
    statusVerifier: async (data, signature) => verifier(v.issuer)(data, signature),
    statusValidator: async (status) => {
      if (status !== 0) throw new Error("status " + status);
    },
  });
  const { payload } = await instance.verify(v.token, { currentDate: v.at, keyBindingNonce: v.nonce, requiredClaimKeys: v.need });
  for (const name of v.hidden) if (name in payload) throw new Error(name + " is visible");
}

const out = [];
for (const v of JSON.parse(readFileSync(process.argv[2], "utf8"))) {
  const said = { name: v.name, ok: true, why: "" };
  try {
    if (v.kind === "presentation") await presentation(v);
    else if (!verifier(v.issuer)(v.message, v.signature)) throw new Error("signature");
  } catch (e) {
    said.ok = false;
    said.why = String(e.message ?? e);
  }
  out.push(said);
}
const pair = sm2.generateKeyPairHex();
const message = "互认 vector";
const signature = sm2.doSignature(message, pair.privateKey, { hash: true, publicKey: pair.publicKey, userId: "1234567812345678" });
console.log(JSON.stringify({ vectors: out, theirs: { public: pair.publicKey, message, signature } }));

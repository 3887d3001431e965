// An independent wallet and an independent verifier for OpenID4VP: node present.mjs INPUT.json judges the vectors that the Go side
// made with @openid4vc/openid4vp, dcql and @sd-jwt/*, and makes a request and an answer of its own for the Go side to judge.
import { createHash, createPrivateKey, createPublicKey, sign, verify as verifySignature } from "node:crypto";
import { readFileSync } from "node:fs";
import { createOpenid4vpAuthorizationRequest, resolveOpenid4vpAuthorizationRequest, validateOpenid4vpAuthorizationResponsePayload } from "@openid4vc/openid4vp";
import { digest, generateSalt } from "@sd-jwt/crypto-nodejs";
import { SDJwtVcInstance } from "@sd-jwt/sd-jwt-vc";
import { DcqlPresentationResult, DcqlQuery } from "dcql";

const { vectors, theirs } = JSON.parse(readFileSync(process.argv[2], "utf8"));

// The moment of a vector is now: the libraries read the clock themselves.
const Real = Date;
let now = 0;
globalThis.Date = class extends Real {
  constructor(...a) {
    if (a.length) super(...a);
    else super(now);
  }
  static now() {
    return now;
  }
};

const check = (jwk) => (data, signature) =>
  verifySignature("sha256", Buffer.from(data), { key: createPublicKey({ key: jwk, format: "jwk" }), dsaEncoding: "ieee-p1363" }, Buffer.from(signature, "base64url"));
const signer = (jwk) => (data) => sign("sha256", Buffer.from(data), { key: createPrivateKey({ key: jwk, format: "jwk" }), dsaEncoding: "ieee-p1363" }).toString("base64url");
const hash = (text) => createHash("sha256").update(text).digest("base64url");

// wallet reads a request as a wallet that knows who may ask by their keys.
async function wallet(v) {
  const got = await resolveOpenid4vpAuthorizationRequest({
    authorizationRequestPayload: { client_id: v.client, request_uri: v.uri },
    callbacks: {
      fetch: async () => new Response(v.request, { headers: { "content-type": "application/oauth-authz-req+jwt" } }),
      verifyJwt: async (by, { header, compact }) => {
        const end = compact.lastIndexOf(".");
        return { verified: header.alg === "ES256" && check(v.asker)(compact.slice(0, end), compact.slice(end + 1)), signerJwk: v.asker };
      },
    },
  });
  const query = DcqlQuery.parse(got.dcql.query);
  DcqlQuery.validate(query);
  const use = got.transactionData[0].transactionData;
  if (use.type !== "urn:tongban:licence-use:1" || use.case !== v.case || !use.purpose) throw new Error("not bound to the case");
  return got.authorizationRequestPayload;
}

async function verifier(v) {
  const request = await wallet(v);
  const got = validateOpenid4vpAuthorizationResponsePayload({ authorizationRequestPayload: request, authorizationResponsePayload: { state: v.state, vp_token: v.answer } });
  const token = got.dcql.presentations.licence[0];
  const instance = new SDJwtVcInstance({
    hasher: digest,
    verifier: async (data, signature) => check(v.issuer)(data, signature),
    kbVerifier: async (data, signature, payload) => check({ kty: "EC", ...payload.cnf.jwk })(data, signature),
    statusListFetcher: async () => v.list,
    statusVerifier: async (data, signature) => check(v.issuer)(data, signature),
    statusValidator: async (status) => {
      if (status !== 0) throw new Error("status " + status);
    },
  });
  const { payload, kb } = await instance.verify(token, { currentDate: v.at, keyBindingNonce: request.nonce });
  if (kb.payload.aud !== request.client_id) throw new Error("for another reader");
  if (kb.payload.transaction_data_hashes?.[0] !== hash(request.transaction_data[0])) throw new Error("for another purpose");
  const result = DcqlPresentationResult.fromDcqlPresentation(
    { licence: [{ credential_format: "dc+sd-jwt", vct: payload.vct, claims: payload, cryptographic_holder_binding: true }] },
    { dcqlQuery: DcqlQuery.parse(request.dcql_query) },
  );
  if (!result.can_be_satisfied) throw new Error("the query is not answered");
}

const said = [];
for (const v of vectors) {
  now = v.at * 1000;
  const one = { name: v.name, ok: true, why: "" };
  try {
    await (v.kind === "request" ? wallet(v) : verifier(v));
  } catch (e) {
    one.ok = false;
    one.why = String(e.message ?? e);
  }
  said.push(one);
}

now = theirs.at * 1000;
const made = await createOpenid4vpAuthorizationRequest({
  authorizationRequestPayload: {
    response_type: "vp_token", response_mode: "direct_post", client_id: theirs.client, response_uri: theirs.answer_uri, nonce: theirs.nonce, state: theirs.nonce,
    dcql_query: { credentials: [{ id: "licence", format: "dc+sd-jwt", meta: { vct_values: [theirs.vct] }, claims: theirs.claims.map((c) => ({ path: [c] })) }] },
    transaction_data: [theirs.transaction],
    client_metadata: { vp_formats_supported: { "dc+sd-jwt": { "sd-jwt_alg_values": ["ES256"], "kb-jwt_alg_values": ["ES256"] } } },
  },
  jar: {
    jwtSigner: { method: "custom", alg: "ES256", kid: theirs.kid },
    requestUri: theirs.uri,
    expiresInSeconds: 600,
    additionalJwtPayload: { aud: "https://self-issued.me/v2", iat: theirs.at, exp: theirs.at + 600 },
  },
  callbacks: {
    signJwt: async (by, { header, payload }) => {
      const text = [{ alg: "ES256", typ: header.typ, kid: theirs.kid }, payload].map((x) => Buffer.from(JSON.stringify(x)).toString("base64url")).join(".");
      return { jwt: text + "." + signer(theirs.asker)(text), signerJwk: theirs.asker };
    },
  },
});
const holder = new SDJwtVcInstance({ hasher: digest, hashAlg: "sha-256", saltGenerator: generateSalt, kbSigner: async (data) => signer(theirs.holder)(data), kbSignAlg: "ES256" });
const frame = Object.fromEntries(theirs.claims.map((c) => [c, true]));
const shown = await holder.present(theirs.credential, frame, {
  kb: {
    payload: {
      iat: theirs.at, aud: theirs.to, nonce: theirs.to_nonce, transaction_data_hashes: [hash(theirs.to_transaction)], transaction_data_hashes_alg: "sha-256",
    },
  },
});
console.log(JSON.stringify({ vectors: said, request: made.jar.authorizationRequestJwt, answer: JSON.stringify({ licence: [shown] }) }));

package presentation

import (
	"crypto/sha256"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"tongban/internal/domain/licence"
	"tongban/internal/domain/licence/jws"
	"tongban/internal/domain/licence/sdjwt"
	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
	"tongban/internal/proof"
)

func sum(b []byte) [32]byte { return sha256.Sum256(b) }

// A request says who asks, for which case and what for, and its answer shows that and nothing else.
func TestALicenceIsShownForACase(t *testing.T) {
	w := newWorld(t)
	r := w.ask()
	n, id, err := Find(ClientID("23"), RequestURI(w.here, r.ID), w.trust)
	must(t, err)
	got, err := Open(r.Token, n, at.Add(time.Minute))
	must(t, err)
	if got.ID != id || got.Use != use || got.Type != kind || !slices.Equal(got.Claims, r.Claims) || got.Print() != r.Print() {
		t.Errorf("read %+v", got)
	}
	c, err := r.Judge(w.answer(got, 5, ""), w.trust, at.Add(2*time.Minute))
	must(t, err)
	if c.Text("scope") != "日用百货销售" || c.Text(licence.ClaimBearerCode) != "230183199001010025" || c.Node.ID != "63" {
		t.Errorf("shown %+v", c.Claims)
	}
	if _, seen := c.Claims[licence.ClaimHolderName]; seen {
		t.Error("the holder's name was not asked for and is shown")
	}
}

// Every way of asking otherwise is refused by the wallet, with its reason.
func TestForgedRequests(t *testing.T) {
	w := newWorld(t)
	set := func(name string, v any) func(map[string]any) { return func(m map[string]any) { m[name] = v } }
	query := func(change func(credential map[string]any)) func(map[string]any) {
		return func(m map[string]any) {
			c := m["dcql_query"].(map[string]any)["credentials"].([]any)[0].(map[string]any)
			change(c)
		}
	}
	entry := func(change func(d map[string]any)) func(map[string]any) {
		return func(m map[string]any) {
			b, err := jws.Decode(m["transaction_data"].([]any)[0].(string))
			must(t, err)
			var d map[string]any
			must(t, json.Unmarshal(b, &d))
			change(d)
			b, err = proof.Marshal(d)
			must(t, err)
			m["transaction_data"] = []string{jws.Encode(b)}
		}
	}
	good := w.ask().Token
	good2 := w.ask().Token
	head, rest, _ := strings.Cut(good, ".")
	body, _, _ := strings.Cut(rest, ".")
	kid := `","kid":"` + w.asker.Key.ID() + `"}`
	for name, x := range map[string]struct {
		token string
		want  errs.Code
	}{
		"unsigned":               {jws.Encode([]byte(`{"alg":"none","typ":"`+TypRequest+kid)) + "." + body + ".", errs.TokenAlgorithm},
		"key as a password":      {jws.Encode([]byte(`{"alg":"HS256","typ":"`+TypRequest+kid)) + "." + body + ".AAAA", errs.TokenAlgorithm},
		"brings its own key":     {jws.Encode([]byte(`{"alg":"ES256","jwk":{},"typ":"`+TypRequest+kid)) + "." + body + ".AAAA", errs.TokenUnreadable},
		"of another type":        {jws.Encode([]byte(`{"alg":"ES256","typ":"jwt`+kid)) + "." + body + ".AAAA", errs.WrongType},
		"signature of another":   {head + "." + body + good2[strings.LastIndex(good2, "."):], errs.BadSignature},
		"two parts":              {head + "." + body, errs.TokenUnreadable},
		"too large":              {good + strings.Repeat("A", MaxRequest), errs.TokenTooLarge},
		"by another province":    {w.forged(w.other, set("state", strings.Repeat("a", 26))), errs.VerifierUnknown},
		"in another's name":      {w.forged(w.asker, set("client_id", "tongban-35")), errs.RequestWrong},
		"in an unknown name":     {w.forged(w.asker, set("client_id", "x509_san_dns:evil.example")), errs.RequestWrong},
		"answer elsewhere":       {w.forged(w.asker, set("response_uri", "https://evil.example/present/"+strings.Repeat("a", 26)+"/answer")), errs.RequestWrong},
		"answer by the browser":  {w.forged(w.asker, set("redirect_uri", "https://heilongjiang.example/")), errs.RequestWrong},
		"another mode":           {w.forged(w.asker, set("response_mode", "fragment")), errs.RequestWrong},
		"short nonce":            {w.forged(w.asker, set("nonce", "1")), errs.RequestWrong},
		"another spelling":       {w.forged(w.asker, func(m map[string]any) { delete(m, "nonce"); m["Nonce"] = strings.Repeat("a", 26) }), errs.RequestWrong},
		"by another language":    {w.forged(w.asker, set("presentation_definition", map[string]any{})), errs.RequestWrong},
		"from the future":        {w.forged(w.asker, set("iat", at.Add(time.Hour).Unix())), errs.RequestWrong},
		"for ever":               {w.forged(w.asker, set("exp", at.Add(2*Life).Unix())), errs.RequestWrong},
		"over":                   {w.forged(w.asker, set("exp", at.Add(time.Second).Unix())), errs.RequestOver},
		"no query":               {w.forged(w.asker, func(m map[string]any) { delete(m, "dcql_query") }), errs.TokenUnreadable},
		"asks for a choice":      {w.forged(w.asker, func(m map[string]any) { m["dcql_query"].(map[string]any)["credential_sets"] = []any{} }), errs.RequestWrong},
		"asks for several":       {w.forged(w.asker, query(func(c map[string]any) { c["multiple"] = true })), errs.RequestWrong},
		"asks by value":          {w.forged(w.asker, query(func(c map[string]any) { c["claims"].([]any)[0].(map[string]any)["values"] = []string{"1"} })), errs.RequestWrong},
		"asks deep":              {w.forged(w.asker, query(func(c map[string]any) { c["claims"].([]any)[0].(map[string]any)["path"] = []any{"a", "b"} })), errs.RequestWrong},
		"asks without a path":    {w.forged(w.asker, query(func(c map[string]any) { c["claims"].([]any)[0].(map[string]any)["path"] = []any{nil} })), errs.RequestWrong},
		"asks for all":           {w.forged(w.asker, query(func(c map[string]any) { delete(c, "claims") })), errs.RequestWrong},
		"another form":           {w.forged(w.asker, query(func(c map[string]any) { c["format"] = "mso_mdoc" })), errs.RequestWrong},
		"another kind of thing":  {w.forged(w.asker, query(func(c map[string]any) { c["meta"] = map[string]any{"vct_values": []string{"urn:x"}} })), errs.RequestWrong},
		"for no case":            {w.forged(w.asker, func(m map[string]any) { delete(m, "transaction_data") }), errs.RequestWrong},
		"for two":                {w.forged(w.asker, func(m map[string]any) { x := m["transaction_data"].([]any)[0]; m["transaction_data"] = []any{x, x} }), errs.RequestWrong},
		"to pay":                 {w.forged(w.asker, entry(func(d map[string]any) { d["type"] = "payment" })), errs.RequestWrong},
		"for another credential": {w.forged(w.asker, entry(func(d map[string]any) { d["credential_ids"] = []string{"x"} })), errs.RequestWrong},
		"without a purpose":      {w.forged(w.asker, entry(func(d map[string]any) { d["purpose"] = "" })), errs.RequestWrong},
		"purpose read backwards": {w.forged(w.asker, entry(func(d map[string]any) { d["purpose"] = "核对\u202e" })), errs.RequestWrong},
		"purpose without end":    {w.forged(w.asker, entry(func(d map[string]any) { d["purpose"] = strings.Repeat("核", 201) })), errs.RequestWrong},
	} {
		if _, err := Open(x.token, w.here, at.Add(time.Minute)); !errs.Is(err, x.want) {
			t.Errorf("%s: %v, want %s", name, err, x.want.Name())
		}
	}
	if _, err := Open(w.forged(w.asker, func(map[string]any) {}), w.here, at.Add(time.Minute)); err != nil {
		t.Errorf("nothing changed: %v", err)
	}
	for name, x := range map[string][2]string{
		"not on the list":   {"tongban-99", RequestURI(w.here, strings.Repeat("a", 26))},
		"no node":           {"evil.example", RequestURI(w.here, strings.Repeat("a", 26))},
		"other address":     {"tongban-23", "https://evil.example/present/" + strings.Repeat("a", 26) + "/request"},
		"longer address":    {"tongban-23", "https://heilongjiang.example.evil.example/present/" + strings.Repeat("a", 26) + "/request"},
		"other path":        {"tongban-23", RequestURI(w.here, "../../desk")},
		"another's address": {"tongban-23", RequestURI(w.fujian, strings.Repeat("a", 26))},
	} {
		if _, _, err := Find(x[0], x[1], w.trust); !errs.Is(err, errs.VerifierUnknown) && !errs.Is(err, errs.RequestWrong) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Every answer that is not this holder's, for this request, is refused with its reason.
func TestForgedAnswers(t *testing.T) {
	w := newWorld(t)
	r := w.ask()
	good := w.answer(r, 5, "")
	token := presented(t, good)
	other, deeper, another := w.ask(), r, r
	deeper.Claims = append(slices.Clone(r.Claims), licence.ClaimHolderName)
	another.By = "35"
	elsewhere := r
	elsewhere.Hashes = other.Hashes
	if slices.Equal(other.Hashes, r.Hashes) { // the same use twice: only nonce and state tell them apart
		u := use
		u.Case = "23202611230000018"
		x, err := New(w.asker, w.here, kind, r.Claims, u, at)
		must(t, err)
		elsewhere.Hashes = x.Hashes
	}
	less := r
	less.Claims = r.Claims[:1]
	thief, _ := newPair(t)
	stolen, _, err := sdjwt.Present(w.credential(w.issuer, w.holder.Key, 5, ""), r.Claims, &sdjwt.Holder{
		Signer: thief, Audience: ClientID("23"), Nonce: r.Nonce, At: at.Unix(), Transaction: r.Hashes,
	})
	must(t, err)
	bare, _, err := sdjwt.Present(w.credential(w.issuer, w.holder.Key, 5, ""), r.Claims, nil)
	must(t, err)
	late, err := r.Answer(w.credential(w.issuer, w.holder.Key, 5, ""), w.holder, at.Add(time.Hour))
	must(t, err)
	self, err := r.Answer(w.credential(w.holder, w.holder.Key, 5, ""), w.holder, at)
	must(t, err)
	sm2, err := r.Answer(w.credential(w.sm, w.holder.Key, 5, ""), w.holder, at)
	must(t, err)
	smHolder, err := r.Answer(w.credential(w.issuer, w.sm.Key, 5, ""), w.sm, at)
	must(t, err)
	for name, x := range map[string]struct {
		answer string
		want   string
	}{
		"good":                    {good, "good"},
		"of another request":      {w.answer(other, 5, ""), errs.HolderProofWrong.Name()},
		"for another reader":      {w.answer(another, 5, ""), errs.HolderProofWrong.Name()},
		"for another case":        {w.answer(elsewhere, 5, ""), errs.HolderProofWrong.Name()},
		"from the future":         {late, errs.HolderProofWrong.Name()},
		"by another's key":        {wrapped(stolen), errs.HolderProofWrong.Name()},
		"by nobody's key":         {wrapped(bare), errs.HolderProofMissing.Name()},
		"issued by the holder":    {self, errs.IssuerUnknown.Name()},
		"inside the federation":   {sm2, errs.TokenAlgorithm.Name()},
		"by a federation's key":   {smHolder, errs.TokenAlgorithm.Name()},
		"disclosure injected":     {injected(t, good), errs.DisclosureForeign.Name()},
		"disclosure taken away":   {without(t, good), errs.HolderProofWrong.Name()},
		"less than was asked for": {w.answer(less, 5, ""), errs.FieldsMissing.Name()},
		"more than was asked for": {w.answer(deeper, 5, ""), errs.ShownTooMuch.Name()},
		"revoked":                 {w.answer(r, 7, ""), errs.LicenceRevoked.Name()},
		"out of the list":         {w.answer(r, 4096, ""), errs.StatusOutOfRange.Name()},
		"expired":                 {w.answer(r, 5, "2026-06-30"), errs.LicenceNotInForce.Name()},
		"too large":               {wrapped(token + strings.Repeat("A", MaxAnswer)), errs.TokenTooLarge.Name()},
		"two of them":             {`{"licence":["` + token + `","` + token + `"]}`, errs.TokenUnreadable.Name()},
		"under another name":      {`{"x":["` + token + `"]}`, errs.TokenUnreadable.Name()},
		"and another":             {`{"licence":["` + token + `"],"x":[]}`, errs.TokenUnreadable.Name()},
		"named twice":             {`{"licence":[],"licence":["` + token + `"]}`, errs.TokenUnreadable.Name()},
		"no list":                 {`{"licence":"` + token + `"}`, errs.TokenUnreadable.Name()},
		"bare":                    {token, errs.TokenUnreadable.Name()},
		"nothing":                 {"", errs.TokenUnreadable.Name()},
	} {
		if got := w.ours(r, x.answer); got != x.want {
			t.Errorf("%s: %s, want %s", name, got, x.want)
		}
	}
	wrongKind := r
	wrongKind.Type = "11100000MB0143028R002"
	if got := w.ours(wrongKind, good); got != errs.LicenceMismatch.Name() {
		t.Errorf("another kind of licence: %s", got)
	}
	if _, err := r.Answer(w.credential(w.issuer, w.holder.Key, 5, ""), w.holder, at); err != nil {
		t.Error(err)
	}
	if _, err := w.ask("no", "colour").Answer(w.credential(w.issuer, w.holder.Key, 5, ""), w.holder, at); !errs.Is(err, errs.FieldsMissing) {
		t.Errorf("a field that the licence lacks: %v", err)
	}
}

// What somebody signs as a request is read, or refused with a code; what is read can be shown as it is and is answered to its sender.
func FuzzRequest(f *testing.F) {
	w := newWorld(f)
	t, err := jws.Parse(w.ask().Token, MaxRequest)
	must(f, err)
	f.Add(t.Payload)
	f.Add([]byte(`{"dcql_query":{"credentials":[{"claims":[{"path":[null]}]}]}}`))
	f.Fuzz(func(t *testing.T, payload []byte) {
		token, err := jws.Sign(w.asker, TypRequest, true, payload)
		if err != nil {
			return
		}
		r, err := Open(token, w.here, at.Add(time.Minute))
		if err != nil {
			if errs.KindOf(err) == errs.Internal {
				t.Errorf("no code: %v", err)
			}
			return
		}
		if r.By != "23" || len(r.Claims) == 0 || r.Use.Purpose == "" || licence.Clean(r.Use.Purpose) != nil || len(r.Hashes) != 1 {
			t.Errorf("read %+v", r)
		}
	})
}

// What comes as an answer is refused with a code, unless it is the one that was made for the request.
func FuzzAnswer(f *testing.F) {
	w := newWorld(f)
	r := w.ask()
	good := w.answer(r, 5, "")
	f.Add(good)
	f.Add(`{"licence":["a.b.c~d~"]}`)
	f.Fuzz(func(t *testing.T, answer string) {
		c, err := r.Judge(answer, w.trust, at.Add(2*time.Minute))
		if err != nil {
			if errs.KindOf(err) == errs.Internal {
				t.Errorf("no code: %v", err)
			}
			return
		}
		if c.Text(licence.ClaimBearerCode) != "230183199001010025" || c.Node.ID != office.NodeID("63") {
			t.Errorf("took %+v", c.Claims)
		}
	})
}

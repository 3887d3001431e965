package licence

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"tongban/internal/domain/licence/jws"
	"tongban/internal/domain/licence/sdjwt"
	"tongban/internal/domain/licence/statuslist"
	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/gm"
	"tongban/internal/proof"
)

const listURI = "https://63.example/status/1"

// world is a federation whose nodes have ES256 keys too, and a holder.
type world struct {
	trust  *office.TrustList
	es, sm map[office.NodeID]*jws.Signer
	holder *jws.Signer
}

func newWorld(t *testing.T) world {
	t.Helper()
	w := world{trust: &office.TrustList{Version: 1, Issued: noon}, es: map[office.NodeID]*jws.Signer{}, sm: map[office.NodeID]*jws.Signer{}}
	keys := gm.MemoryKeys()
	es := func(name string) *jws.Signer {
		k, err := keys.ES256Key(name)
		if err != nil {
			t.Fatal(err)
		}
		return jws.NewES256(k)
	}
	for _, id := range []office.NodeID{"23", "63", office.Hub, "44"} {
		sm, err := keys.SignKey("sm-" + string(id))
		if err != nil {
			t.Fatal(err)
		}
		w.es[id], w.sm[id] = es("es-"+string(id)), jws.NewSM2(sm)
		if id != "44" { // a stranger
			w.trust.Nodes = append(w.trust.Nodes, office.Node{ID: id, Sign: sm.Public(), ES256: w.es[id].Key.Pub, Address: "https://" + string(id) + ".example"})
		}
	}
	w.holder = es("holder")
	return w
}

func (w world) node(id office.NodeID) office.Node { n, _ := w.trust.Node(id); return n }

func (w world) credential(t *testing.T, s *jws.Signer, l Licence) string {
	t.Helper()
	c, err := Credential(s, l, w.node("63"), Binding{Holder: &w.holder.Key, Status: &statuslist.Ref{URI: listURI, Idx: 5}, At: noon})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestCredential(t *testing.T) {
	w := newWorld(t)
	for _, s := range []*jws.Signer{w.es["63"], w.sm["63"]} {
		p, missing, err := sdjwt.Present(w.credential(t, s, licence(t, 1)), []string{"legal_rep", ClaimHolderName},
			&sdjwt.Holder{Signer: w.holder, Audience: "a", Nonce: "n", At: noon.Unix()})
		if err != nil || missing != nil {
			t.Fatal(err, missing)
		}
		c, err := CheckCredential(p, w.trust, noon)
		if err != nil {
			t.Fatalf("%s: %v", s.Key.Alg, err)
		}
		if c.Node.ID != "63" || c.Text("legal_rep") != "李梅" || c.Text(ClaimNo) != "" || c.Text(ClaimIssuerName) == "" || c.ID.Version != 1 {
			t.Errorf("%s: %+v", s.Key.Alg, c.Claims)
		}
		if err := c.For("a", "n", nil, noon, time.Minute); err != nil {
			t.Error(err)
		}
	}
}

// TestCredentialRefused tries to get a bad licence past the check.
func TestCredentialRefused(t *testing.T) {
	w := newWorld(t)
	signed := func(by *jws.Signer, change func(map[string]any)) string {
		full := w.credential(t, w.es["63"], licence(t, 1))
		tok, err := jws.Parse(strings.Split(full, "~")[0], sdjwt.MaxSize)
		if err != nil {
			t.Fatal(err)
		}
		var body map[string]any
		if err := json.Unmarshal(tok.Payload, &body); err != nil {
			t.Fatal(err)
		}
		change(body)
		b, err := proof.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		s, err := jws.Sign(by, sdjwt.Typ, true, b)
		if err != nil {
			t.Fatal(err)
		}
		return s + "~"
	}
	put := func(name string, v any) func(map[string]any) { return func(m map[string]any) { m[name] = v } }
	id := licence(t, 1).ID
	theirs, err := NewIdentifier("11100000MB0143028R001", foreign, "1", 1)
	if err != nil {
		t.Fatal(err)
	}
	none := func(map[string]any) {}
	for name, c := range map[string]struct {
		token string
		want  errs.Code
	}{
		"re-signed by another province":   {signed(w.es["23"], none), errs.LicenceMismatch},
		"re-signed by the hub":            {signed(w.es[office.Hub], none), errs.LicenceMismatch},
		"signed by a stranger":            {signed(w.es["44"], none), errs.IssuerUnknown},
		"a stranger's SM2 key":            {signed(w.sm["44"], none), errs.IssuerUnknown},
		"wrong check character":           {signed(w.es["63"], put(ClaimID, id[:len(id)-1]+"?")), errs.BadIdentifier},
		"no identifier":                   {signed(w.es["63"], func(m map[string]any) { delete(m, ClaimID) }), errs.BadIdentifier},
		"an office of another province":   {signed(w.es["63"], func(m map[string]any) { m[ClaimID], m[ClaimIssuerCode] = theirs, foreign }), errs.LicenceMismatch},
		"identifier of another office":    {signed(w.es["63"], put(ClaimIssuerCode, "11630000015000000X")), errs.LicenceMismatch},
		"another type":                    {signed(w.es["63"], put("vct", VCT("11100000000013338W011"))), errs.LicenceMismatch},
		"from the future":                 {signed(w.es["63"], put("iat", noon.Add(time.Hour).Unix())), errs.LicenceFromFuture},
		"not yet in force":                {signed(w.es["63"], put("nbf", noon.Add(time.Hour).Unix())), errs.LicenceNotInForce},
		"over":                            {signed(w.es["63"], put("exp", noon.Unix())), errs.LicenceNotInForce},
		"expiry is text":                  {signed(w.es["63"], put("exp", "never")), errs.TokenUnreadable},
		"status is malformed":             {signed(w.es["63"], put("status", map[string]any{"status_list": 1})), errs.TokenUnreadable},
		"a name that reads backwards":     {signed(w.es["63"], put(ClaimIssuerName, "西宁\u202e局")), errs.NameUnsafe},
		"a name with an invisible letter": {signed(w.es["63"], put(ClaimIssuerName, "西\u200b宁局")), errs.NameUnsafe},
		"the record's own type, not ours": {strings.Replace(signed(w.es["63"], none), "~", "", 1), errs.TokenUnreadable},
	} {
		if got, err := CheckCredential(c.token, w.trust, noon); !errs.Is(err, c.want) {
			t.Errorf("%s: %v %v", name, got.Claims, err)
		}
	}
	// An ES256 key id with an SM2 algorithm, and the other way round: the key decides.
	for _, swap := range [][2]jws.Alg{{jws.SM2, jws.ES256}, {jws.ES256, jws.SM2}} {
		key := map[jws.Alg]*jws.Signer{jws.ES256: w.es["63"], jws.SM2: w.sm["63"]}[swap[1]]
		head := jws.Encode([]byte(`{"alg":"` + string(swap[0]) + `","typ":"dc+sd-jwt","kid":"` + key.Key.ID() + `"}`))
		parts := strings.Split(strings.TrimSuffix(signed(key, none), "~"), ".")
		if _, err := CheckCredential(head+"."+parts[1]+"."+parts[2]+"~", w.trust, noon); !errs.Is(err, errs.IssuerUnknown) {
			t.Errorf("%s for %s: %v", swap[0], swap[1], err)
		}
	}
}

func TestLegacyCheckPasses(t *testing.T) {
	w := newWorld(t)
	id, err := ParseIdentifier(legacy)
	if err != nil {
		t.Fatal(err)
	}
	node := office.Node{ID: "37", ES256: w.es["44"].Key.Pub, Sign: w.sm["44"].Key.Pub}
	trust := &office.TrustList{Version: 2, Nodes: []office.Node{node}}
	l := licence(t, 1)
	l.ID, l.TypeCode, l.Issuer.Code, l.Issuer.Node = legacy, id.TypeCode, id.Issuer, "37"
	token, err := Credential(w.es["44"], l, node, Binding{At: noon})
	if err != nil {
		t.Fatal(err)
	}
	if c, err := CheckCredential(token, trust, noon); err != nil || !c.ID.Legacy || c.Text("iss") != "urn:tongban:node:37" {
		t.Errorf("a foreign licence with the known wrong check: %+v %v", c.ID, err)
	}
}

func TestStanding(t *testing.T) {
	w := newWorld(t)
	c, err := CheckCredential(w.credential(t, w.es["63"], licence(t, 1)), w.trust, noon)
	if err != nil {
		t.Fatal(err)
	}
	list := func(by *jws.Signer, uri string, n int, v statuslist.Value, at time.Time) string {
		l := statuslist.New(n, 2)
		if n > 5 {
			if err := l.Set(5, v); err != nil {
				t.Fatal(err)
			}
		}
		s, err := statuslist.Sign(by, uri, l, at)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	for name, tt := range map[string]struct {
		token string
		want  errs.Code
	}{
		"in force":            {list(w.es["63"], listURI, 100, statuslist.Valid, noon), 0},
		"in force, SM2":       {list(w.sm["63"], listURI, 100, statuslist.Valid, noon), 0},
		"suspended":           {list(w.es["63"], listURI, 100, statuslist.Suspended, noon), errs.LicenceSuspended},
		"revoked":             {list(w.es["63"], listURI, 100, statuslist.Invalid, noon), errs.LicenceRevoked},
		"no place":            {list(w.es["63"], listURI, 4, statuslist.Valid, noon), errs.StatusOutOfRange},
		"missing":             {"", errs.StatusMissing},
		"another list":        {list(w.es["63"], listURI+"1", 100, statuslist.Valid, noon), errs.StatusUnreadable},
		"another node's list": {list(w.es["23"], listURI, 100, statuslist.Valid, noon), errs.StatusUnreadable},
		"a stranger's list":   {list(w.es["44"], listURI, 100, statuslist.Valid, noon), errs.IssuerUnknown},
		"stale":               {list(w.es["63"], listURI, 100, statuslist.Valid, noon.Add(-48*time.Hour)), errs.StatusStale},
		"from the future":     {list(w.es["63"], listURI, 100, statuslist.Valid, noon.Add(time.Hour)), errs.StatusStale},
	} {
		seen, err := c.Standing(tt.token, w.trust, noon)
		if (tt.want == 0) != (err == nil) || err != nil && !errs.Is(err, tt.want) {
			t.Errorf("%s: %v", name, err)
		}
		if tt.want == errs.LicenceSuspended && !seen.At.Equal(noon) {
			t.Errorf("the time of the status is lost: %+v", seen)
		}
	}
	c.Status = nil
	if _, err := c.Standing("", w.trust, noon); err != nil {
		t.Errorf("a licence without list: %v", err)
	}
}

func TestNamesThatDeceive(t *testing.T) {
	for name, change := range map[string]func(*Licence){
		"right to left":           func(l *Licence) { l.Holder.Name = "李\u202e梅" },
		"zero width":              func(l *Licence) { l.Holder.Name = "李\u200b梅" },
		"byte order mark":         func(l *Licence) { l.Holder.Name = "\ufeff李梅" },
		"blank at the end":        func(l *Licence) { l.Holder.Name = "李梅 " },
		"wide blank at the end":   func(l *Licence) { l.Holder.Name = "李梅\u3000" },
		"control character":       func(l *Licence) { l.Fields[0].Value = "李\x07梅" },
		"replacement character":   func(l *Licence) { l.Fields[0].Value = "李\ufffd" },
		"Hangul filler":           func(l *Licence) { l.Issuer.Name = "西宁\u3164" },
		"wide digits in a number": func(l *Licence) { l.No = "９1350100M000100Y43" },
		"a mark in a code":        func(l *Licence) { l.Holder.Code = "9\u0301" },
		"line separator":          func(l *Licence) { l.Fields[0].Label = "a\u2028b" },
	} {
		_, signers := federation(t)
		l := licence(t, 1)
		change(&l)
		if _, err := Issue(signers["63"], l); !errs.Is(err, errs.NameUnsafe) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, good := range []string{"李𠮷梅", "㐂", "买买提·艾力", "Anne-Marie O’Neil", "葛\U000E0100", "羽田　孜", "两\n行"} {
		trust, signers := federation(t)
		l := licence(t, 1)
		l.Fields[0].Value = good
		s, err := Issue(signers["63"], l)
		if err != nil {
			t.Errorf("%q: %v", good, err)
			continue
		}
		if back, err := Verify(s, trust); err != nil || back.Fields[0].Value != good {
			t.Errorf("%q becomes %q, %v", good, back.Fields[0].Value, err)
		}
	}
}

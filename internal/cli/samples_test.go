package cli

import (
	"os"
	"path/filepath"
	"strings"
	"time"

	"tongban/catalogue"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/exchange"
	"tongban/internal/domain/licence"
	"tongban/internal/domain/licence/jws"
	"tongban/internal/domain/licence/statuslist"
	"tongban/internal/domain/office"
	"tongban/internal/handling/federate"
	"tongban/internal/kernel/gm"
	"tongban/internal/proof"
)

// samples writes a trust list and signed files for the scripts: good ones, a tampered one, one by a stranger.
func samples(dir string) error {
	operator, keys, stranger := gm.MemoryKeys(), gm.MemoryKeys(), gm.MemoryKeys()
	op, _ := operator.SignKey("operator")
	key, _ := keys.SignKey("sign")
	enc, _ := keys.DecryptKey("encrypt")
	es, _ := keys.ES256Key("es256")
	other, _ := stranger.SignKey("sign")
	signer := proof.NewSigner(key)
	trust, err := office.SignTrust(proof.NewSigner(op), &office.TrustList{Version: 1, Issued: time.Now().UTC(), Nodes: []office.Node{{
		ID: "63", Name: "青海省", NameEn: "Qinghai", Region: "630000000000", Protocol: 2, Sign: key.Public(), Encrypt: enc.Public(), ES256: es.Public(),
		Address: "https://qinghai.example",
	}}})
	if err != nil {
		return err
	}
	if err := trust.CoSign(signer); err != nil {
		return err
	}
	list, err := proof.Marshal(federate.File{Operator: op.Public(), Trust: trust})
	if err != nil {
		return err
	}
	offices, err := office.Load(catalogue.FS)
	if err != nil {
		return err
	}
	var by office.Office
	for _, o := range offices {
		if o.Node == "63" {
			by = o
			break
		}
	}
	id, err := licence.NewIdentifier("11100000000013127D001", by.Code, "91630100MA0000017Q", 1)
	if err != nil {
		return err
	}
	l := licence.Licence{
		ID: id, TypeCode: "11100000000013127D001", TypeName: "营业执照", No: "91630100MA0000017Q", Version: 1, Issued: "2026-01-05",
		From: "2026-01-05", Holder: licence.Holder{Name: "雪莲百货有限公司", Code: "91630100MA0000017Q", CodeType: "001"},
		Issuer: licence.Issuer{Name: by.Name, Code: by.Code, Node: "63"},
	}
	good, err := licence.Issue(signer, l)
	if err != nil {
		return err
	}
	foreign, err := licence.Issue(proof.NewSigner(other), l)
	if err != nil {
		return err
	}
	bad := good
	bad.Body = []byte(strings.Replace(string(good.Body), "雪莲", "牡丹", 1))
	receipt, err := proof.SignJSON(signer, exchange.TypReceipt, exchange.Receipt{Envelope: "e", From: "63", To: "23"})
	if err != nil {
		return err
	}
	fact, err := proof.SignJSON(signer, casefile.TypFact, casefile.Fact{Case: "c", By: "23"})
	if err != nil {
		return err
	}
	files := map[string][]byte{"trust.json": list}
	for name, s := range map[string]proof.Signed{
		"good.json": good, "tampered.json": bad, "stranger.json": foreign, "receipt.json": receipt, "wrongfact.json": fact,
	} {
		f, err := licence.NewFile(s)
		if err != nil {
			return err
		}
		if files[name], err = f.Bytes(); err != nil {
			return err
		}
	}
	if err := presentations(files, l, jws.NewES256(es), office.Node{ID: "63", Address: "https://qinghai.example"}); err != nil {
		return err
	}
	for name, b := range files {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// presentations adds the same licence as credential, in place 5 of a list in which place 6 is suspended, and lists: one of now, one
// of last week, one of somebody else's address.
func presentations(files map[string][]byte, l licence.Licence, s *jws.Signer, by office.Node) error {
	const uri = "https://qinghai.example/status/1"
	for name, idx := range map[string]int{"shown.sdjwt": 5, "suspended.sdjwt": 6, "beyond.sdjwt": 1 << 20} {
		c, err := licence.Credential(s, l, by, licence.Binding{Status: &statuslist.Ref{URI: uri, Idx: idx}, At: time.Now().Add(-time.Hour)})
		if err != nil {
			return err
		}
		files[name] = []byte(c + "\n")
	}
	files["forged.sdjwt"] = []byte(strings.Replace(string(files["shown.sdjwt"]), ".", ".e30", 1))
	list := statuslist.New(1024, 2)
	if err := list.Set(6, statuslist.Suspended); err != nil {
		return err
	}
	for name, x := range map[string]struct {
		uri string
		at  time.Time
	}{"list.jwt": {uri, time.Now()}, "stale.jwt": {uri, time.Now().Add(-7 * 24 * time.Hour)}, "other.jwt": {"https://evil.example/status/1", time.Now()}} {
		token, err := statuslist.Sign(s, x.uri, list, x.at)
		if err != nil {
			return err
		}
		files[name] = []byte(token)
	}
	return nil
}

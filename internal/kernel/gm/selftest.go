package gm

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"slices"

	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/sm4"

	"tongban/internal/kernel/errs"
)

// The published vectors: GB/T 32918.5-2017 A.2 (SM2), GB/T 32905 A (SM3), GB/T 32907 A (SM4), RFC 8998 A.1 (SM4-GCM).
// HMAC-SM3 has none of its own; two libraries agree on this one.
const (
	vecPub = "04" + "09F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020" +
		"CCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13"
	vecZA  = "B2E14C5C79C6DF5B85F4FE7ED8DB7A262B9DA7E07CCB0EA9F4747B8CCDA8A4F3"
	vecMsg = "message digest"
	vecSig = "F5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3" +
		"B1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA"
	vecSM3  = "66C7F0F462EEEDD9D1F2D46BDC10E4E24167C4875CF2F7A2297DA02B8F4BA8E0"
	vecSM30 = "1AB21D8355CFA17F8E61194831E81A8F22BEC8C728FEFB747ED035EB5082AA2B"
	vecHMAC = "28E63256E7C5A087B1F073265DC53092163F7B82729735D06F28F10AF9D52393"
	vecSM4K = "0123456789ABCDEFFEDCBA9876543210"
	vecSM4  = "681EDF34D206965E86B3E94F536E4246"
	vecIV   = "00001234567800000000ABCD"
	vecAAD  = "FEEDFACEDEADBEEFFEEDFACEDEADBEEFABADDAD2"
	// RFC 7515 A.3: key and signature of an ES256 token.
	vecESPub = "04" + "7FCDCE2770F6C45D4183CBEE6FDB4B7B580733357BE9EF13BACF6E3C7BD15445" +
		"C7F144CD1BBD9B7E872CDFEDB9EEB9F4B3695D6EA90B24AD8A4623288588E5AD"
	vecESMsg = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
	vecESSig = "0ED1215379636C483C2F7F155807D402A3B228033AF97C7E17819AC3169EA665" +
		"C50A07D38C3C70E5D8F12DAF084A5480A66590C5F293509A8F3F7F8A83A354D5"
	vecGCMP = "AAAAAAAAAAAAAAAABBBBBBBBBBBBBBBBCCCCCCCCCCCCCCCCDDDDDDDDDDDDDDDD" +
		"EEEEEEEEEEEEEEEEFFFFFFFFFFFFFFFFEEEEEEEEEEEEEEEEAAAAAAAAAAAAAAAA"
	vecGCMC = "17F399F08C67D5EE19D0DC9969C4BB7D5FD46FD3756489069157B282BB200735" +
		"D82710CA5C22F0CCFA7CBF93D496AC15A56834CBCF98C397B4024A2691233B8D" +
		"83DE3541E4C2B58177E065A9BF7B62EC"
)

// SelfTest runs the published vectors and one fresh key through every function a node relies on; called at start-up.
// It returns errs.SelfTestFailed naming the first function that is wrong.
func SelfTest() error {
	for _, t := range []struct {
		name string
		pass func() bool
	}{
		{"SM3", selfSM3},
		{"HMAC-SM3", func() bool {
			h := HMAC([]byte("key"), []byte("ab"), []byte("c"))
			return bytes.Equal(h[:], unhex(vecHMAC))
		}},
		{"SM4", selfSM4},
		{"SM4-GCM", selfGCM},
		{"SM2 ZA", selfZA},
		{"SM2 verify", selfVerify},
		{"SM2 pair", selfPair},
		{"ES256", selfES256},
	} {
		if !t.pass() {
			return errs.New(errs.SelfTestFailed, "%s", t.name)
		}
	}
	return nil
}

// unhex reads a constant of this file; a wrong one makes its test fail.
func unhex(s string) []byte {
	b, err := hex.DecodeString(s)
	if err != nil {
		return nil
	}
	return b
}

func selfSM3() bool {
	abc, parts, none := SM3([]byte("abc")), SM3([]byte("a"), []byte("bc")), SM3()
	return bytes.Equal(abc[:], unhex(vecSM3)) && parts == abc && bytes.Equal(none[:], unhex(vecSM30))
}

func selfSM4() bool {
	block, err := sm4.NewCipher(unhex(vecSM4K))
	if err != nil {
		return false
	}
	out := make([]byte, sm4.BlockSize)
	block.Encrypt(out, unhex(vecSM4K))
	return bytes.Equal(out, unhex(vecSM4))
}

func selfGCM() bool {
	aead, err := NewGCM(unhex(vecSM4K))
	if err != nil {
		return false
	}
	ct := aead.Seal(nil, unhex(vecIV), unhex(vecGCMP), unhex(vecAAD)) //nolint:gosec // the vector's nonce
	pt, err := aead.Open(nil, unhex(vecIV), ct, unhex(vecAAD))
	ct2 := slices.Clone(ct)
	ct2[0] ^= 1
	_, errBad := aead.Open(nil, unhex(vecIV), ct2, unhex(vecAAD))
	return err == nil && errBad != nil && bytes.Equal(ct, unhex(vecGCMC)) && bytes.Equal(pt, unhex(vecGCMP))
}

func selfZA() bool {
	p, err := parse(unhex(vecPub))
	return err == nil && bytes.Equal(p.za, unhex(vecZA))
}

func selfVerify() bool {
	return Verify(unhex(vecPub), []byte(vecMsg), unhex(vecSig)) && !Verify(unhex(vecPub), []byte(vecMsg+"."), unhex(vecSig))
}

func selfPair() bool {
	key, err := sm2.GenerateKey(rand.Reader)
	if err != nil {
		return false
	}
	p, err := newPair(key)
	if err != nil {
		return false
	}
	msg := []byte(vecMsg)
	sig, err := p.Sign(msg)
	if err != nil || !Verify(p.Public(), msg, sig) {
		return false
	}
	ct, err := Encrypt(p.Public(), msg)
	if err != nil {
		return false
	}
	plain, err := p.Decrypt(ct)
	return err == nil && bytes.Equal(plain, msg)
}

func selfES256() bool {
	msg := []byte(vecESMsg)
	return VerifyES256(unhex(vecESPub), msg, unhex(vecESSig)) && !VerifyES256(unhex(vecESPub), msg[1:], unhex(vecESSig))
}

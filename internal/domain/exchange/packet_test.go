package exchange

import (
	"bytes"
	"compress/flate"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tongban/internal/kernel/errs"
	"tongban/internal/proof"
)

func TestPackets(t *testing.T) {
	w := newWorld(t)
	for _, tt := range []struct{ protocol, envelopes int }{{1, 1}, {2, 1}, {2, 2}, {2, 32}} {
		t.Run(fmt.Sprintf("protocol %d with %d", tt.protocol, tt.envelopes), func(t *testing.T) {
			p := w.packet(t, tt.protocol, tt.envelopes)
			b := pack(t, w, p)
			got, err := Unpack(b, w.keys[west].box, west)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(p, got); d != "" {
				t.Error(d)
			}
			if bytes.Contains(b, []byte("章程")) || bytes.Contains(b, []byte(p.Envelopes[0].Key)) {
				t.Error("the packet can be read on its way")
			}
			answer := Answer{Receipts: []proof.Signed{p.Envelopes[0]}}
			raw, err := PackAnswer(answer, got)
			if err != nil {
				t.Fatal(err)
			}
			back, err := UnpackAnswer(raw, p)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(answer, back); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestWhatIsNotPacked(t *testing.T) {
	w := newWorld(t)
	for _, tt := range []struct {
		name     string
		protocol int
		n        int
	}{{"two envelopes in protocol 1", 1, 2}, {"33 in protocol 2", 2, 33}, {"protocol 0", 0, 1}, {"33 in protocol 3", 3, 33}, {"a protocol yet to be made", NewestProtocol + 1, 1}, {"protocol -1", -1, 1}} {
		_, err := PackFor(w.packet(t, tt.protocol, tt.n), w.keys[west].box.Public())
		wantCode(t, tt.name, err, errs.BadPacket)
	}
	_, err := PackFor(w.packet(t, 2, 1), []byte("no key"))
	wantCode(t, "no key", err, errs.BadKey)
}

// raw packs what PackFor would not: any inner bytes under a true header.
func raw(t *testing.T, w world, protocol int, inner []byte) []byte {
	t.Helper()
	head := header(protocol, north, west)
	box, err := proof.Wrap(w.keys[west].box.Public(), inner, head)
	if err != nil {
		t.Fatal(err)
	}
	return append(head, box...)
}

func TestBadPackets(t *testing.T) {
	w := newWorld(t)
	good := pack(t, w, w.packet(t, 2, 1))
	many := w.packet(t, 2, 33)
	none := w.packet(t, 2, 0)
	otherName := w.packet(t, 2, 1)
	otherName.From = south
	shortKey := w.packet(t, 2, 1)
	shortKey.AnswerKey = []byte("short")
	two := w.packet(t, 1, 2)
	inner := func(p Packet) []byte {
		b, err := encode(&p, &p.Envelopes, p.Protocol)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	for _, tt := range []struct {
		name string
		b    []byte
		want errs.Code
	}{
		{"nothing", nil, errs.BadPacket},
		{"text", []byte("GET / HTTP/1.1"), errs.BadPacket},
		{"a protocol that is yet to be made", with(good, 2, NewestProtocol+1), errs.UnknownProtocol},
		{"protocol 0", with(good, 2, 0), errs.UnknownProtocol},
		{"protocol 255", with(good, 2, 255), errs.UnknownProtocol},
		{"read as protocol 1", with(good, 2, 1), errs.CannotDecrypt},
		{"a name of 65535 bytes", with(with(good, 3, 255), 4, 255), errs.BadPacket},
		{"from another node", with(good, 6, '4'), errs.CannotDecrypt},
		{"for another node", with(good, 9, '5'), errs.WrongAddressee},
		{"something after its end", append(slices.Clone(good), 0), errs.CannotDecrypt},
		{"33 envelopes", raw(t, w, 2, inner(many)), errs.BadPacket},
		{"two envelopes in protocol 1", raw(t, w, 1, inner(two)), errs.BadPacket},
		{"no envelope", raw(t, w, 2, inner(none)), errs.BadPacket},
		{"another sender inside than outside", raw(t, w, 2, inner(otherName)), errs.BadPacket},
		{"a short answer key", raw(t, w, 2, inner(shortKey)), errs.BadPacket},
		{"no deflate", raw(t, w, 2, []byte("plain")), errs.BadPacket},
		{"no JSON", raw(t, w, 1, []byte("plain")), errs.BadPacket},
		{"empty", raw(t, w, 2, nil), errs.BadPacket},
		{"JSON of another shape", raw(t, w, 1, []byte(`[1,2]`)), errs.BadPacket},
		{"no length", raw(t, w, 3, deflated(t, nil)), errs.BadPacket},
		{"a length beyond the end", raw(t, w, 3, deflated(t, []byte{9, '{', '}'})), errs.BadPacket},
		{"half an object", raw(t, w, 3, deflated(t, []byte("\x02{}\x02SM\x08enve"))), errs.BadPacket},
		{"33 objects", raw(t, w, 3, deflated(t, append([]byte("\x02{}"), make([]byte, 33*5)...))), errs.BadPacket},
		{"a bomb", raw(t, w, 2, bomb(t, 64<<20)), errs.BodyTooLarge},
		{"one byte too many", raw(t, w, 2, bomb(t, MaxPacket+1)), errs.BodyTooLarge},
		{"too long in protocol 1", raw(t, w, 1, make([]byte, MaxPacket+1)), errs.BodyTooLarge},
	} {
		p, err := Unpack(tt.b, w.keys[west].box, west)
		wantCode(t, tt.name, err, tt.want)
		if len(p.Envelopes) != 0 {
			t.Errorf("%s: something came out", tt.name)
		}
	}
	_, err := Unpack(good, w.keys[south].box, west)
	wantCode(t, "another's key", err, errs.CannotDecrypt)
	_, err = Unpack(good, w.keys[south].box, south)
	wantCode(t, "at another node", err, errs.WrongAddressee)
}

func deflated(t *testing.T, plain []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z, err := flate.NewWriter(&b, flate.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := z.Write(plain); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// bomb is n blanks, deflated: a few thousand bytes that open to n.
func bomb(t *testing.T, n int) []byte {
	t.Helper()
	var b bytes.Buffer
	z, err := flate.NewWriter(&b, flate.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	blanks := bytes.Repeat([]byte(" "), 1<<16)
	for ; n > 0; n -= len(blanks) {
		if _, err := z.Write(blanks[:min(n, len(blanks))]); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func with(b []byte, i int, v byte) []byte {
	b = slices.Clone(b)
	b[i] = v
	return b
}

func TestCutShortAtEveryLength(t *testing.T) {
	w := newWorld(t)
	p := w.packet(t, 2, 1)
	good := pack(t, w, p)
	for n := range good {
		if _, err := Unpack(good[:n], w.keys[west].box, west); err == nil {
			t.Fatalf("%d of %d bytes were taken for a packet", n, len(good))
		}
	}
	answer, err := PackAnswer(Answer{Receipts: p.Envelopes}, p)
	if err != nil {
		t.Fatal(err)
	}
	for n := range answer {
		if _, err := UnpackAnswer(answer[:n], p); err == nil {
			t.Fatalf("%d of %d bytes were taken for an answer", n, len(answer))
		}
	}
}

func TestEveryBitCounts(t *testing.T) {
	w := newWorld(t)
	p := w.packet(t, 1, 1)
	good := pack(t, w, p)
	head := len(header(1, north, west)) + 160 // the header, the wrapped key and the first bytes of the box
	for bit := range head * 8 {
		b := slices.Clone(good)
		b[bit/8] ^= 1 << (bit % 8)
		if _, err := Unpack(b, w.keys[west].box, west); err == nil {
			t.Fatalf("bit %d may be flipped", bit)
		}
	}
	answer, err := PackAnswer(Answer{Receipts: p.Envelopes}, p)
	if err != nil {
		t.Fatal(err)
	}
	for bit := range len(answer) * 8 {
		b := slices.Clone(answer)
		b[bit/8] ^= 1 << (bit % 8)
		if _, err := UnpackAnswer(b, p); err == nil {
			t.Fatalf("bit %d of an answer may be flipped", bit)
		}
	}
}

func TestAnswersBelongToTheirPacket(t *testing.T) {
	w := newWorld(t)
	p := w.packet(t, 2, 1)
	b, err := PackAnswer(Answer{}, p)
	if err != nil {
		t.Fatal(err)
	}
	otherKey, otherNode, older := p, p, p
	otherKey.AnswerKey = []byte("0000000000000000")
	otherNode.To = south
	older.Protocol = 1
	_, err = UnpackAnswer(b, otherKey)
	wantCode(t, "another packet's key", err, errs.CannotDecrypt)
	_, err = UnpackAnswer(b, otherNode)
	wantCode(t, "another node's answer", err, errs.BadPacket)
	_, err = UnpackAnswer(b, older)
	wantCode(t, "another protocol", err, errs.BadPacket)
	_, err = UnpackAnswer(pack(t, w, p), p)
	wantCode(t, "the packet itself", err, errs.BadPacket)
}

package apply

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path"
	"strconv"
	"strings"
	"testing"

	"tongban/internal/handling/apply"
)

// bigPDF is a PDF of two pieces.
func bigPDF() []byte {
	const head = "%PDF-1.7\n1 0 obj\n<</Type/Page >>\nendobj\n2 0 obj\n<<>>\nstream\n"
	return []byte(head + strings.Repeat("x", apply.PieceSize+200_000) + "\nendstream\nendobj\n%%EOF\n")
}

// sent is a file that a script sends.
type sent struct {
	at, key, name string
	data          []byte
}

func (s sent) address(more string) string {
	q := url.Values{"key": {s.key}, "size": {strconv.Itoa(len(s.data))}, "name": {s.name}}
	return s.at + "/part/premises?" + q.Encode() + more
}

func (w *world) answer() (a pieceAnswer) {
	w.t.Helper()
	if err := json.Unmarshal(w.got.Body.Bytes(), &a); err != nil {
		w.t.Fatalf("%d %.200s: %v", w.got.Code, w.got.Body.String(), err)
	}
	return a
}

// piece sends what begins at a place; cut is how much of it.
func (w *world) piece(s sent, at, cut int) {
	w.t.Helper()
	end := min(len(s.data), at+cut)
	w.do(httptest.NewRequest(http.MethodPost, s.address("&at="+strconv.Itoa(at)), bytes.NewReader(s.data[at:end])))
}

// A line breaks after the first piece; another day, on another device, the file goes on from there and comes out whole.
func TestAFileGoesOnWhereItBroke(t *testing.T) {
	w := newWorld(t)
	at := w.begin()
	s := sent{at, "1.2", "租约.pdf", bigPDF()}
	w.get(s.address(""))
	if a := w.answer(); a.Have != 0 {
		t.Fatalf("%d of nothing", a.Have)
	}
	w.piece(s, 0, apply.PieceSize)
	w.want(http.StatusOK)
	w.piece(s, 0, apply.PieceSize) // the answer was lost, and it is sent again
	if a := w.answer(); w.got.Code != http.StatusConflict || a.Have != apply.PieceSize {
		t.Fatalf("%d %+v", w.got.Code, a)
	}
	w.get(at + "/upload/premises")
	w.want(http.StatusOK, "租约.pdf", strconv.Itoa(apply.PieceSize*100/len(s.data))+"%")
	w.get(s.address(""))
	have := int(w.answer().Have)
	w.piece(s, have, 1000) // shorter than a piece, and not the last
	w.want(http.StatusBadRequest)
	w.piece(s, have+1000, apply.PieceSize)
	w.want(http.StatusConflict)
	if n := len(w.m.files); n != 1 {
		t.Fatalf("%d pieces are kept, want 1", n)
	}
	w.gate.who = &lin // somebody else's draft takes nothing and tells nothing
	w.piece(s, have, apply.PieceSize)
	w.want(http.StatusNotFound)
	w.get(s.address(""))
	w.want(http.StatusNotFound)
	w.gate.who = &fan
	for !w.answerIfAny().Done {
		w.piece(s, have, apply.PieceSize)
		w.want(http.StatusOK)
		have = int(w.answer().Have)
	}
	d := w.m.drafts[path.Base(at)]
	if len(d.Files) != 1 || d.Files[0].Name != "租约.pdf" || d.Files[0].Type != "application/pdf" || !bytes.Equal(w.m.files[d.Files[0].Address], s.data) {
		t.Fatalf("came out as %+v", d.Files)
	}
	if len(w.m.files) != 1 || len(d.Coming) != 0 {
		t.Fatal("pieces are left")
	}
	w.get(at + "/materials")
	w.want(http.StatusOK, say("apply.materials.files", 1))
}

func (w *world) answerIfAny() (a pieceAnswer) {
	_ = json.Unmarshal(w.got.Body.Bytes(), &a) // a page is no answer
	return a
}

func TestPiecesAreJudged(t *testing.T) {
	w := newWorld(t)
	at := w.begin()
	for name, c := range map[string]struct {
		data []byte
		why  string
	}{
		"a program":           {append([]byte("MZ\x90"), make([]byte, apply.PieceSize)...), "type"},
		"a PDF that is none":  {append([]byte("%PDF-1.7\n"), make([]byte, apply.PieceSize)...), "broken"},
		"larger than allowed": {make([]byte, 2<<20), "size"},
	} {
		s := sent{at, name, "a.pdf", c.data}
		for have := 0; w.answerIfAny().Problem == ""; have += apply.PieceSize {
			w.piece(s, have, apply.PieceSize)
		}
		w.want(http.StatusUnprocessableEntity)
		if a := w.answer(); a.Problem != say("apply.problem."+c.why, 1) {
			t.Errorf("%s is refused with %q", name, a.Problem)
		}
		w.got.Body.Reset()
	}
	if len(w.m.files) != 0 {
		t.Fatalf("%d files of what was refused", len(w.m.files))
	}
	for i := range 9 { // what is begun and never ended pushes out the oldest
		data := bigPDF()
		data[100] = byte('a' + i)
		w.piece(sent{at, strconv.Itoa(i), "a.pdf", data}, 0, apply.PieceSize)
		w.want(http.StatusOK)
	}
	if n := len(w.m.files); n != len(w.m.drafts[path.Base(at)].Coming) || n > 4 {
		t.Fatalf("%d pieces wait", n)
	}
	for _, bad := range []string{"", "&at=-1", "&at=x"} {
		w.do(httptest.NewRequest(http.MethodPost, sent{at, "k", "a.pdf", bigPDF()}.address(bad), strings.NewReader("%PDF-")))
		w.want(http.StatusBadRequest)
	}
	w.get(at + "/part/premises?key=" + strings.Repeat("k", 65) + "&size=10")
	w.want(http.StatusBadRequest)
	w.get(at + "/part/charter?key=k&size=10") // made by the system: nothing is uploaded
	w.want(http.StatusSeeOther, at)
	w.post(at + "/delete")
	if len(w.m.files) != 0 {
		t.Fatal("a deleted draft leaves pieces")
	}
}

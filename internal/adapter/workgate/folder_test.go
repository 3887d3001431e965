package workgate

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tongban/internal/domain/depart"
	"tongban/internal/kernel/errs"
)

func TestFolder(t *testing.T) {
	dir, secret := t.TempDir(), bytes.Repeat([]byte("k"), 32)
	f, err := NewFolder(dir, secret)
	if err != nil {
		t.Fatal(err)
	}
	id := strings.Repeat("a1", 16)
	for range 2 { // the second time it stands as before
		if _, err := f.Give(t.Context(), depart.Task{ID: id, Case: "n"}); err != nil {
			t.Fatal(err)
		}
	}
	body, err := os.ReadFile(filepath.Join(dir, "out", id+".json"))
	if err != nil {
		t.Fatal(err)
	}
	sig, err := os.ReadFile(filepath.Join(dir, "out", id+".json.sig"))
	if want := hex.EncodeToString(keyed(secret, []byte("out/"+id+".json\n"), body)); err != nil || string(sig) != want {
		t.Errorf("signature %q, want %q (%v)", sig, want, err)
	}
	for _, bad := range []string{"", "../" + id, strings.Repeat("z", 32)} {
		if _, err := f.Give(t.Context(), depart.Task{ID: bad}); !errs.Is(err, errs.SystemRefused) {
			t.Errorf("%q: %v", bad, err)
		}
		if err := f.Stop(t.Context(), bad); !errs.Is(err, errs.SystemRefused) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if err := f.Stop(t.Context(), id); err != nil {
		t.Fatal(err)
	}

	answer := func(work string) []byte {
		b, err := json.Marshal(depart.Answer{ID: "1", Work: work, Code: "Y"})
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	in := func(name string, body []byte, key []byte) {
		write := func(n string, b []byte) {
			if err := os.WriteFile(filepath.Join(dir, "in", n), b, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		write(name, body)
		if key != nil {
			write(name+".sig", []byte(hex.EncodeToString(keyed(key, []byte("in/"+name+"\n"), body))+"\n"))
		}
	}
	var got []string
	ask := func(fail error) error {
		got = nil
		return f.Ask(t.Context(), id, func(a depart.Answer) error { got = append(got, a.ID); return fail })
	}
	left := func(name string) bool { _, err := os.Stat(filepath.Join(dir, "in", name)); return err == nil }

	in(id+".half.json", answer(id)[:10], nil) // still being written
	in(id+".unsigned.json", answer(id), nil)
	in(id+".forged.json", answer(id), bytes.Repeat([]byte("x"), 32))
	in(id+".other.json", answer(strings.Repeat("b2", 16)), secret) // says that it is about another case
	in(id+".giant.json", bytes.Repeat([]byte(" "), bodyMax+1), secret)
	in(id+".text.json", []byte("hello"), secret)
	in(id+".a b.json", answer(id), secret)
	in(id+".json", answer(id), secret)
	in(strings.Repeat("b2", 16)+".x.json", answer(id), secret) // another case's file
	if err := os.Symlink("/etc/hostname", filepath.Join(dir, "in", id+".link.json")); err != nil {
		t.Fatal(err)
	}
	if err := ask(nil); err != nil || len(got) != 0 {
		t.Fatalf("took %q (%v)", got, err)
	}
	// The half file is finished; its answer is taken once, and stays until that went well.
	in(id+".half.json", answer(id), secret)
	away := errors.New("away")
	if err := ask(away); !errors.Is(err, away) || !left(id+".half.json") {
		t.Errorf("after a failure: %v", err)
	}
	if err := ask(nil); err != nil || len(got) != 1 || left(id+".half.json") || left(id+".half.json.sig") {
		t.Errorf("took %q (%v)", got, err)
	}
	if err := ask(nil); err != nil || len(got) != 0 {
		t.Errorf("took it again: %q (%v)", got, err)
	}
}

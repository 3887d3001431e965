package hub

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"tongban/internal/domain/objection"
	"tongban/internal/handling/dispute"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/proof"
)

// wordShelf keeps each word about a contested figure as a file ID-NODE-N.json, written once. The hub has no access log.
type wordShelf string

var _ dispute.Store = wordShelf("")

// Words reads every word.
func (s wordShelf) Words(context.Context) ([]unit.Objected, error) {
	files, err := filepath.Glob(filepath.Join(string(s), "*.json"))
	if err != nil {
		return nil, err
	}
	out := make([]unit.Objected, len(files))
	for i, f := range files {
		b, err := os.ReadFile(f) //nolint:gosec // a folder of ours
		x := &out[i]
		if err != nil || json.Unmarshal(b, &x.Signed) != nil || x.Signed.Typ != objection.Typ || x.Signed.Into(&x.Word) != nil {
			return nil, errs.New(errs.CorruptRow, "%s", filepath.Base(f))
		}
	}
	return out, nil
}

// Commit writes the unit's words durably; errs.Repeated if one is there. Whoever wrote the name of a word was checked (objection.Open).
func (s wordShelf) Commit(_ context.Context, u unit.Unit) error {
	for _, x := range u.Objected {
		body, err := proof.Marshal(x.Signed)
		if err != nil {
			return err
		}
		file := filepath.Join(string(s), fmt.Sprintf("%s-%s-%d.json", x.Word.ID, x.Word.By, x.Word.N))
		if err := linkOnce(string(s), file, body); errs.Is(err, errs.Stale) {
			return errs.New(errs.Repeated, "%s", x.Word.Key())
		} else if err != nil {
			return err
		}
	}
	return nil
}

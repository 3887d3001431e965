package licence

import (
	"io/fs"
	"slices"
	"strings"

	"tongban/internal/kernel/errs"
)

// Reason is why something is taken away: a ground of the law, chosen from a list and never written freely, because the fact that
// names it is public.
type Reason struct {
	Act        Act
	Key        string
	Name       string
	NameEn     string
	Basis      string // the article
	Provenance string
}

// ReasonsFile is where the catalogue keeps the reasons.
const ReasonsFile = "licence_reasons.tsv"

var reasonColumns = []string{"act", "key", "name", "name_en", "basis", "provenance"}

// LoadReasons reads ReasonsFile from the catalogue; errs.BadCatalogue for an act that takes nothing away, a malformed key, a line
// that stands twice, or an act without any reason.
func LoadReasons(fsys fs.FS) ([]Reason, error) {
	rows, err := table(fsys, ReasonsFile, reasonColumns)
	if err != nil {
		return nil, err
	}
	var out []Reason
	for i, c := range rows {
		r := Reason{Act: Act(c[0]), Key: c[1], Name: c[2], NameEn: c[3], Basis: c[4], Provenance: c[5]}
		if !r.Act.Reasoned() || !reasonKey.MatchString(r.Key) || Known(out, r.Act, r.Key) {
			return nil, errs.New(errs.BadCatalogue, "%s line %d: %s %q", ReasonsFile, i+2, r.Act, r.Key)
		}
		out = append(out, r)
	}
	for _, m := range moves {
		if m.reason && !slices.ContainsFunc(out, func(r Reason) bool { return r.Act == m.act }) {
			return nil, errs.New(errs.BadCatalogue, "%s: no reason for %s", ReasonsFile, m.act)
		}
	}
	return out, nil
}

// Known reports whether a reason stands in the list for an act.
func Known(list []Reason, act Act, key string) bool {
	return slices.ContainsFunc(list, func(r Reason) bool { return r.Act == act && r.Key == key })
}

// table reads a file of tab-separated cells, none empty, under a head.
func table(fsys fs.FS, file string, columns []string) ([][]string, error) {
	b, err := fs.ReadFile(fsys, file)
	if err != nil {
		return nil, errs.Wrap(errs.BadCatalogue, err, "%s", file)
	}
	var out [][]string
	for i, line := range strings.Split(strings.TrimSuffix(string(b), "\n"), "\n") {
		c := strings.Split(line, "\t")
		switch {
		case i == 0 && slices.Equal(c, columns):
		case i == 0 || len(c) != len(columns) || slices.Contains(c, ""):
			return nil, errs.New(errs.BadCatalogue, "%s line %d: cells", file, i+1)
		default:
			out = append(out, c)
		}
	}
	return out, nil
}

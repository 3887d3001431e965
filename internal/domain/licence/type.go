package licence

import (
	"io/fs"
	"slices"
	"strings"

	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
)

// Type is a kind of licence, as the authority that defines it names it.
type Type struct {
	Code       string // 证照类型代码: the authority's USCC and 3 digits
	Name       string
	NameEn     string
	Authority  string
	Provenance string
}

// TypesFile is where the catalogue keeps the licence types.
const TypesFile = "licences.tsv"

var typeColumns = []string{"code", "name", "name_en", "authority", "provenance"}

// LoadTypes reads TypesFile from the catalogue; errs.BadCatalogue if a code is malformed or stands twice.
func LoadTypes(fsys fs.FS) ([]Type, error) {
	b, err := fs.ReadFile(fsys, TypesFile)
	if err != nil {
		return nil, errs.Wrap(errs.BadCatalogue, err, "licence types")
	}
	var out []Type
	for i, line := range strings.Split(strings.TrimSuffix(string(b), "\n"), "\n") {
		c := strings.Split(line, "\t")
		switch {
		case i == 0 && slices.Equal(c, typeColumns):
			continue
		case i == 0 || len(c) != len(typeColumns) || slices.Contains(c, ""):
			return nil, errs.New(errs.BadCatalogue, "%s line %d: cells", TypesFile, i+1)
		case !typeForm.MatchString(c[0]) || !office.CodeValid(c[0][:18]):
			return nil, errs.New(errs.BadCatalogue, "%s line %d: code %q", TypesFile, i+1, c[0])
		case slices.ContainsFunc(out, func(t Type) bool { return t.Code == c[0] }):
			return nil, errs.New(errs.BadCatalogue, "%s line %d: %s stands twice", TypesFile, i+1, c[0])
		}
		out = append(out, Type{Code: c[0], Name: c[1], NameEn: c[2], Authority: c[3], Provenance: c[4]})
	}
	return out, nil
}

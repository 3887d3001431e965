package licence

import (
	"io/fs"
	"slices"

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
	rows, err := table(fsys, TypesFile, typeColumns)
	if err != nil {
		return nil, err
	}
	var out []Type
	for i, c := range rows {
		switch {
		case !typeForm.MatchString(c[0]) || !office.CodeValid(c[0][:18]):
			return nil, errs.New(errs.BadCatalogue, "%s line %d: code %q", TypesFile, i+2, c[0])
		case slices.ContainsFunc(out, func(t Type) bool { return t.Code == c[0] }):
			return nil, errs.New(errs.BadCatalogue, "%s line %d: %s stands twice", TypesFile, i+2, c[0])
		}
		out = append(out, Type{Code: c[0], Name: c[1], NameEn: c[2], Authority: c[3], Provenance: c[4]})
	}
	return out, nil
}

// TypeOf finds a registered type; errs.LicenceTypeUnknown.
func TypeOf(list []Type, code string) (Type, error) {
	i := slices.IndexFunc(list, func(t Type) bool { return t.Code == code })
	if i < 0 {
		return Type{}, errs.New(errs.LicenceTypeUnknown, "%s", code)
	}
	return list[i], nil
}

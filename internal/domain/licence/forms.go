package licence

import (
	"slices"

	"tongban/internal/domain/party"
)

// Forms are what a licence is found by in its issuer's register: its number, and the holder's number and name.
func (l Licence) Forms() []party.Lookup {
	out := []party.Lookup{{Kind: party.ByNumber, Value: l.No}}
	for _, f := range party.Lookups(party.Person{Name: l.Holder.Name, IDNo: l.Holder.Code}) {
		if (f.Kind == party.ByNumber || f.Kind == party.ByName) && !slices.Contains(out, f) {
			out = append(out, f)
		}
	}
	return out
}

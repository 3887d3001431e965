package bench

import (
	_ "embed"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"

	"github.com/BurntSushi/toml"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/party"
	"tongban/internal/handling/lodge"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/idno"
	"tongban/internal/kernel/region"
)

//go:embed application.toml
var source string

// sample is application.toml.
type sample struct {
	Item, Here, There, Consent, Surname, Given string

	Answers   map[string]string
	Materials []struct{ Key, Name, Source string }
}

func readSample() (s sample, err error) {
	_, err = toml.Decode(source, &s)
	return s, err
}

// application is a new one, of a person whom nobody is: another number, name and telephone each time.
func (s sample) application() (lodge.Application, error) {
	number, err := idno.MakeNumber(fmt.Sprintf("%s%04d%02d%02d%03d", s.Here, 1950+rand.IntN(55), 1+rand.IntN(12), 1+rand.IntN(28), rand.IntN(1000))) //nolint:gosec // no secret
	if err != nil {
		return lodge.Application{}, err
	}
	given := []rune(s.Given)
	name := s.Surname + string(given[rand.IntN(len(given))]) + string(given[rand.IntN(len(given))])                      //nolint:gosec // no secret
	person, err := party.NewPerson(name, party.ResidentID, string(number), fmt.Sprintf("138%08d", rand.IntN(100000000))) //nolint:gosec // no secret
	if err != nil {
		return lodge.Application{}, err
	}
	there, err := region.Parse(s.There)
	if err != nil {
		return lodge.Application{}, err
	}
	a := lodge.Application{
		ID: unit.NewID(), Item: s.Item, There: there, Applicant: person, Consent: s.Consent, Answers: maps.Clone(s.Answers),
		Materials: slices.Grow([]casefile.Material(nil), len(s.Materials)),
	}
	for _, m := range s.Materials {
		a.Materials = append(a.Materials, casefile.Material{Key: m.Key, Name: m.Name, Source: m.Source})
	}
	return a, nil
}

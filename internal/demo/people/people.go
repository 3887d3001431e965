// Package people is the made-up people of the demo: residents, and for every province a window clerk and an officer
// who reviews and decides. Nobody in it exists. The people are data (people.toml); this package reads and checks them.
package people

import (
	"bytes"
	_ "embed"
	"fmt"
	"log/slog"
	"slices"

	"github.com/BurntSushi/toml"
)

//go:embed people.toml
var source []byte

// Kind tells those who apply from those who handle.
type Kind string

// The two kinds.
const (
	Resident Kind = "resident"
	Officer  Kind = "officer"
)

// Person is one made-up person who can sign in to the demo.
type Person struct {
	Sub      string   // the provider's own name for the person; nodes see a pairwise one
	Name     string   // full name
	IDNo     string   // GB 11643, 18 characters; empty for officers; told only from level 2 on
	Phone    string   // 11 digits; empty if there is none
	Level    int      // assurance of the identity, 1 (telephone only) to 4 (in person)
	CanRaise int      // the level to which the person can prove more when asked; Level or above
	Kind     Kind     // resident or officer
	Province string   // id of the province of residence or of work
	Region   string   // GB/T 2260, 6 digits: place of residence, or of the office worked for
	Roles    []string // officers only: clerk, reviewer, decider. They never travel: each node maps its own officers
	Title    string   // one line that says who this is, in Chinese
	TitleEn  string   // the same in English
}

// LogValue keeps name and numbers out of logs.
func (p Person) LogValue() slog.Value { return slog.StringValue(p.Sub) }

// Province is one of the 31 provinces or 兵团, as far as people need it.
type Province struct {
	ID     string // label of catalogue/regions_en.tsv, also the host name in the demo
	Region string // GB/T 2260, 6 digits
	Name   string // short name in Chinese
	NameEn string // short name in English
}

// Book is everybody in the demo.
type Book struct {
	People    []Person   // residents first, then officers in the order of Provinces
	Provinces []Province // in the order of GB/T 2260
}

// BySub finds a person by the provider's own name for them.
func (b *Book) BySub(sub string) (Person, bool) {
	i := slices.IndexFunc(b.People, func(p Person) bool { return p.Sub == sub })
	if i < 0 {
		return Person{}, false
	}
	return b.People[i], true
}

// Residents lists those who apply.
func (b *Book) Residents() []Person {
	return b.filter(func(p Person) bool { return p.Kind == Resident })
}

// Officers lists those who work in a province.
func (b *Book) Officers(province string) []Person {
	return b.filter(func(p Person) bool { return p.Kind == Officer && p.Province == province })
}

// Province finds a province by its id.
func (b *Book) Province(id string) (Province, bool) {
	i := slices.IndexFunc(b.Provinces, func(p Province) bool { return p.ID == id })
	if i < 0 {
		return Province{}, false
	}
	return b.Provinces[i], true
}

func (b *Book) filter(keep func(Person) bool) []Person {
	var out []Person
	for _, p := range b.People {
		if keep(p) {
			out = append(out, p)
		}
	}
	return out
}

type file struct {
	Resident []struct {
		Sub, Name, Title, IDNo, Phone, Province, Region string
		TitleEn                                         string `toml:"title_en"`
		Level                                           int
		CanRaise                                        int `toml:"can_raise"`
	}
	Rule []struct {
		Prefix, Suffix, Title string
		Like                  string // rule whose seat and surname this one takes; "" has its own
		TitleEn               string `toml:"title_en"`
		Level                 int
		Roles                 []string
	}
	Also []struct {
		Sub, Name, Title, Province, Region string
		TitleEn                            string `toml:"title_en"`
		Roles                              []string
	}
	Province []struct {
		ID, Region, Name string
		NameEn           string            `toml:"name_en"`
		Seat, Surname    map[string]string // by rule prefix
	}
}

// Load reads the embedded data. It fails only if the data is wrong, which the package's test would have shown.
func Load() (*Book, error) {
	var f file
	meta, err := toml.NewDecoder(bytes.NewReader(source)).Decode(&f)
	if err != nil {
		return nil, fmt.Errorf("reading the demo people: %w", err)
	}
	if unknown := meta.Undecoded(); len(unknown) > 0 {
		return nil, fmt.Errorf("reading the demo people: unknown field %s", unknown[0])
	}
	b := &Book{}
	for _, r := range f.Resident {
		b.People = append(b.People, Person{
			Sub: r.Sub, Name: r.Name, IDNo: r.IDNo, Phone: r.Phone, Level: r.Level, Kind: Resident, CanRaise: max(r.Level, r.CanRaise),
			Province: r.Province, Region: r.Region, Title: r.Title, TitleEn: r.TitleEn,
		})
	}
	for _, p := range f.Province {
		b.Provinces = append(b.Provinces, Province{ID: p.ID, Region: p.Region, Name: p.Name, NameEn: p.NameEn})
		for _, r := range f.Rule {
			like := r.Prefix
			if r.Like != "" {
				like = r.Like
			}
			surname, seat := p.Surname[like], p.Seat[like]
			if surname == "" || seat == "" {
				return nil, fmt.Errorf("reading the demo people: %s has no surname or seat for %s", p.ID, r.Prefix)
			}
			b.People = append(b.People, Person{
				Sub: r.Prefix + "." + p.ID, Name: surname + r.Suffix, Level: r.Level, Kind: Officer, CanRaise: r.Level,
				Province: p.ID, Region: seat, Roles: r.Roles, Title: r.Title, TitleEn: r.TitleEn,
			})
		}
	}
	for _, o := range f.Also { // those who work at a place of a story
		b.People = append(b.People, Person{
			Sub: o.Sub, Name: o.Name, Level: 4, Kind: Officer, CanRaise: 4, Province: o.Province, Region: o.Region, Roles: o.Roles,
			Title: o.Title, TitleEn: o.TitleEn,
		})
	}
	return b, nil
}

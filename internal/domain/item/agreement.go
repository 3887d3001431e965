package item

import (
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"slices"
	"strings"

	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/region"
	"tongban/internal/kernel/workday"
)

// Agreement is what places have agreed about handling matters for each other (国办发〔2020〕35号: 权责清晰). It holds between
// any two of its parties. Only a signed one may add a mode that the national row does not give.
type Agreement struct {
	ID             string // agreements/NAME
	Title, TitleEn string
	From, Until    workday.Date
	Parties        []Partner
	Items          []string // codes; "*" is every item
	Modes          []Mode
	Checks         []Duty // what the window checks and vouches for
	NotAgain       []Duty // what the deciding place may then not ask again
	Limits         []AgreedLimit
	Postage        Postage
	Contacts       []DutyContact
	Mandate        *Mandate // nil: nobody decides in another's name
	Basis          []Basis
	Source         string
	Demo           bool // made up to show how it works; nobody agreed it
	Mark           Mark
	Digest         string        // SHA-256 of the text, hex: what both sides sign
	Unsigned       []region.Code // sides between the places asked about whose signature is missing, over or withdrawn
	DemoSigned     bool          // a signature is a demonstration's
}

// Partner is one side.
type Partner struct {
	Region region.Code `toml:"region"`
}

// Duty is one sentence of what is checked, vouched for or not asked again.
type Duty struct {
	Key  string `toml:"key"`
	Text string `toml:"text"`
	En   string `toml:"text_en"`
}

// AgreedLimit is a promise between the places on one leg.
type AgreedLimit struct {
	Leg    string // LegPlan.Key
	Start  string // as LimitRule.Start
	Length workday.Limit
	Basis  string
	Mark   Mark
}

// DutyContact is who answers for a matter at a party.
type DutyContact struct {
	Region region.Code `toml:"region"`
	Office string      `toml:"office"`
	Phone  string      `toml:"phone"`
	Mark   Mark        `toml:"mark"`
}

const agreementRoot = "agreements"

// Carries reports whether it lets matters be handled in a mode that the national row does not give: both places signed its
// text, and somebody agreed it. A made-up mandate carries among made-up signatures only, so that a demonstration can show it.
func (a Agreement) Carries() bool {
	return len(a.Unsigned) == 0 && (!a.Demo || a.Mandate != nil && a.DemoSigned)
}

// Covers reports whether it holds for an item between two places on a day. The places must lie with two different parties.
func (a Agreement) Covers(code string, here, there region.Code, on workday.Date, regions *region.Table) bool {
	if on.Before(a.From) || (!a.Until.IsZero() && on.After(a.Until)) ||
		(!slices.Contains(a.Items, code) && !slices.Contains(a.Items, "*")) {
		return false
	}
	h, t := a.party(here, regions), a.party(there, regions)
	return h >= 0 && t >= 0 && h != t
}

// party is the first side that a place lies with, -1 if none.
func (a Agreement) party(place region.Code, regions *region.Table) int {
	return slices.IndexFunc(a.Parties, func(p Partner) bool { return regions.Within(place, p.Region) })
}

// sides notes who of the two sides has not signed.
func (c *Catalogue) sides(a Agreement, here, there region.Code, on workday.Date, regions *region.Table) Agreement {
	for _, i := range []int{a.party(here, regions), a.party(there, regions)} {
		side := a.Parties[i].Region
		s, ok := c.signature(a, side.Province(), on)
		if !ok {
			a.Unsigned = append(slices.Clip(a.Unsigned), side)
		}
		a.DemoSigned = a.DemoSigned || s.Demo
	}
	return a
}

// Agreements lists those that hold for an item between two places on a day, each with who has not signed it.
func (c *Catalogue) Agreements(code string, here, there region.Code, on workday.Date, regions *region.Table) []Agreement {
	var out []Agreement
	for _, a := range c.AllAgreements() {
		if a.Covers(code, here, there, on, regions) {
			out = append(out, c.sides(a, here, there, on, regions))
		}
	}
	return out
}

// AllAgreements lists every agreement, of every day.
func (c *Catalogue) AllAgreements() []Agreement {
	return slices.Concat(c.agreements, c.published().agreements)
}

// Agreement finds one by its id.
func (c *Catalogue) Agreement(id string) (Agreement, bool) {
	list := c.AllAgreements()
	i := slices.IndexFunc(list, func(a Agreement) bool { return a.ID == id })
	if i < 0 {
		return Agreement{}, false
	}
	return list[i], true
}

// AgreementText is the text that is signed, as the built-in catalogue carries it.
func (c *Catalogue) AgreementText(id string) (string, bool) {
	text, ok := c.src[id+".toml"]
	return text, ok && strings.HasPrefix(id, agreementRoot+"/")
}

// SignaturesOf lists what provinces said about an agreement, as numbered.
func (c *Catalogue) SignaturesOf(id string) []Signature {
	return slices.Clone(c.published().signatures[id])
}

func (c *Catalogue) loadAgreements(fsys fs.FS) error {
	files, err := fs.Glob(fsys, agreementRoot+"/*.toml")
	if err != nil {
		return errs.Wrap(errs.CatalogueBroken, err, "listing agreements")
	}
	for _, f := range files {
		a, err := c.loadAgreement(fsys, f)
		if err != nil {
			return err
		}
		c.agreements = append(c.agreements, a)
	}
	return nil
}

func (c *Catalogue) loadAgreement(fsys fs.FS, file string) (Agreement, error) {
	b, err := c.read(fsys, file)
	if err != nil {
		return Agreement{}, err
	}
	return ReadAgreement(strings.TrimSuffix(file, ".toml"), string(b))
}

// ReadAgreement reads the text of an agreement with the id agreements/NAME. It does not judge it; see CheckAgreement.
// errs.CatalogueBroken with the line for what cannot be read.
func ReadAgreement(id, text string) (Agreement, error) {
	var f struct {
		Title    string       `toml:"title"`
		TitleEn  string       `toml:"title_en"`
		From     workday.Date `toml:"from"`
		Until    workday.Date `toml:"until"`
		Source   string       `toml:"source"`
		Demo     bool         `toml:"demo"`
		Mark     Mark         `toml:"mark"`
		Items    []string     `toml:"items"`
		Modes    []Mode       `toml:"modes"`
		Parties  []Partner    `toml:"parties"`
		Checks   []Duty       `toml:"checks"`
		NotAgain []Duty       `toml:"not_again"`
		Limits   []struct {
			Leg    string `toml:"leg"`
			Start  string `toml:"start"`
			Length length `toml:"length"`
			Basis  string `toml:"basis"`
			Mark   Mark   `toml:"mark"`
		} `toml:"limits"`
		Postage  Postage       `toml:"postage"`
		Contacts []DutyContact `toml:"contacts"`
		Mandate  *Mandate      `toml:"mandate"`
		Basis    []Basis       `toml:"basis"`
	}
	if err := decode(id+".toml", text, &f); err != nil {
		return Agreement{}, err
	}
	sum := sha256.Sum256([]byte(text))
	a := Agreement{
		ID: id, Title: f.Title, TitleEn: f.TitleEn, From: f.From, Until: f.Until, Parties: f.Parties,
		Items: f.Items, Modes: f.Modes, Checks: f.Checks, NotAgain: f.NotAgain, Postage: f.Postage, Contacts: f.Contacts,
		Mandate: f.Mandate, Basis: f.Basis, Source: f.Source, Demo: f.Demo, Mark: f.Mark, Digest: hex.EncodeToString(sum[:]),
	}
	for _, l := range f.Limits {
		a.Limits = append(a.Limits, AgreedLimit{l.Leg, l.Start, l.Length.Limit, l.Basis, l.Mark})
	}
	return a, nil
}

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
	Basis          []Basis
	Source         string
	Demo           bool // made up to show how it works; nobody agreed it
	Mark           Mark
	Digest         string
}

// Partner is one side. Signature is that side's signature over the file without its signatures, "" until it is given.
type Partner struct {
	Region    region.Code  `toml:"region"`
	Signed    workday.Date `toml:"signed"`
	Signature string       `toml:"signature"`
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

// Signed reports whether every side has put its signature in. It does not verify them: that needs the trust list.
func (a Agreement) Signed() bool {
	return len(a.Parties) > 1 && !slices.ContainsFunc(a.Parties, func(p Partner) bool { return p.Signature == "" })
}

// Covers reports whether it holds for an item between two places on a day. The places must lie with two different parties.
func (a Agreement) Covers(code string, here, there region.Code, on workday.Date, regions *region.Table) bool {
	if on.Before(a.From) || (!a.Until.IsZero() && on.After(a.Until)) ||
		(!slices.Contains(a.Items, code) && !slices.Contains(a.Items, "*")) {
		return false
	}
	party := func(place region.Code) int {
		return slices.IndexFunc(a.Parties, func(p Partner) bool { return regions.Within(place, p.Region) })
	}
	h, t := party(here), party(there)
	return h >= 0 && t >= 0 && h != t
}

// Agreements lists those that hold for an item between two places on a day.
func (c *Catalogue) Agreements(code string, here, there region.Code, on workday.Date, regions *region.Table) []Agreement {
	var out []Agreement
	for _, a := range c.agreements {
		if a.Covers(code, here, there, on, regions) {
			out = append(out, a)
		}
	}
	return out
}

// AllAgreements lists every agreement, of every day.
func (c *Catalogue) AllAgreements() []Agreement { return slices.Clone(c.agreements) }

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
		Basis    []Basis       `toml:"basis"`
	}
	if err := c.toml(fsys, file, &f); err != nil {
		return Agreement{}, err
	}
	sum := sha256.Sum256([]byte(c.src[file]))
	a := Agreement{
		ID: strings.TrimSuffix(file, ".toml"), Title: f.Title, TitleEn: f.TitleEn, From: f.From, Until: f.Until, Parties: f.Parties,
		Items: f.Items, Modes: f.Modes, Checks: f.Checks, NotAgain: f.NotAgain, Postage: f.Postage, Contacts: f.Contacts,
		Basis: f.Basis, Source: f.Source, Demo: f.Demo, Mark: f.Mark, Digest: hex.EncodeToString(sum[:]),
	}
	for _, l := range f.Limits {
		a.Limits = append(a.Limits, AgreedLimit{l.Leg, l.Start, l.Length.Limit, l.Basis, l.Mark})
	}
	return a, nil
}

package item

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"

	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/region"
	"tongban/internal/kernel/workday"
)

// Overlay is what one region publishes about an item beside the national definition, from a day on: what it asks besides
// or no longer, a shorter promise, contacts, postage. Region "" is the national layer itself, which may add questions to a
// definition without touching its digest. An overlay never changes form, plan, legal limits or who decides.
type Overlay struct {
	ID          string // overlays/REGION/ITEM/DATE
	Region      region.Code
	Item        string
	From, Until workday.Date
	Source      string
	Demo        bool // made up to show how it works; no region published it
	Basis       []Basis
	Questions   []Question
	Materials   []Material
	Drop        []Drop
	Narrow      []Narrowing
	Promises    []Promise
	Contact     Contact
	Postage     Postage
	Fees        []FeeNote
	Withdrawn   bool   // the region has no rules of its own about the item from From on; all else is empty
	Digest      string // SHA-256 of the file, hex
}

// FeeNote is what a region says about a fee in words: a remission, or who pays. Amounts are the definition's.
type FeeNote struct {
	Key    string `toml:"key"`
	Text   string `toml:"text"`
	TextEn string `toml:"text_en"`
	Basis  string `toml:"basis"`
}

// Drop says that the region does not ask for a material of the national list.
type Drop struct {
	Material string `toml:"material"`
	Basis    string `toml:"basis"`
}

// Narrowing puts a condition on a material of the national list that has none.
type Narrowing struct {
	Material string    `toml:"material"`
	If       Condition `toml:"if"`
}

// Promise is a region's own shorter limit for a limit of the definition.
type Promise struct {
	Limit  string
	Length workday.Limit
	Basis  string
}

// Contact is whom to ask at a place.
type Contact struct {
	Office string `toml:"office,omitempty"`
	Phone  string `toml:"phone,omitempty"`
	Hours  string `toml:"hours,omitempty"`
	Mark   Mark   `toml:"mark,omitempty"`
}

// Postage says who pays for sending papers: "place" or "applicant".
type Postage struct {
	Payer string `toml:"payer,omitempty"`
	Basis string `toml:"basis,omitempty"`
	Mark  Mark   `toml:"mark,omitempty"`
}

const (
	overlayRoot = "overlays"
	national    = "national" // the folder of the layer that holds everywhere
)

func (o Overlay) inForce(on workday.Date) bool {
	return !on.Before(o.From) && (o.Until.IsZero() || !on.After(o.Until))
}

// basisOf finds a provision of the overlay.
func (o Overlay) basisOf(key string) (Basis, bool) {
	i := slices.IndexFunc(o.Basis, func(b Basis) bool { return b.Key == key })
	if i < 0 {
		return Basis{}, false
	}
	return o.Basis[i], true
}

func (c *Catalogue) loadOverlays(fsys fs.FS) error {
	files, err := fs.Glob(fsys, overlayRoot+"/*/*/*.toml")
	if err != nil {
		return errs.Wrap(errs.CatalogueBroken, err, "listing overlays")
	}
	for _, f := range files {
		o, err := c.loadOverlay(fsys, f)
		if err != nil {
			return err
		}
		c.overlays = append(c.overlays, o)
	}
	return nil
}

func (c *Catalogue) loadOverlay(fsys fs.FS, file string) (Overlay, error) {
	b, err := c.read(fsys, file)
	if err != nil {
		return Overlay{}, err
	}
	return ReadOverlay(strings.TrimSuffix(file, ".toml"), string(b))
}

// overlayFile is an overlay as it is written.
type overlayFile struct {
	From      workday.Date  `toml:"from,omitempty"`
	Until     workday.Date  `toml:"until,omitempty"`
	Source    string        `toml:"source,omitempty"`
	Demo      bool          `toml:"demo,omitempty"`
	Fees      []FeeNote     `toml:"fees,omitempty"`
	Questions []Question    `toml:"questions,omitempty"`
	Materials []Material    `toml:"materials,omitempty"`
	Drop      []Drop        `toml:"drop,omitempty"`
	Narrow    []Narrowing   `toml:"narrow,omitempty"`
	Promises  []promiseFile `toml:"promises,omitempty"`
	Contact   Contact       `toml:"contact,omitempty"`
	Postage   Postage       `toml:"postage,omitempty"`
	Basis     []Basis       `toml:"basis,omitempty"`
}

type promiseFile struct {
	Limit  string `toml:"limit"`
	Length length `toml:"length"`
	Basis  string `toml:"basis"`
}

// ReadOverlay reads the text of an overlay with the id overlays/REGION/ITEM/DAY. It does not judge it; see CheckOverlay.
// errs.CatalogueBroken with the line for what cannot be read.
func ReadOverlay(id, text string) (Overlay, error) {
	var f overlayFile
	if err := decode(id+".toml", text, &f); err != nil {
		return Overlay{}, err
	}
	sum := sha256.Sum256([]byte(text))
	o := Overlay{
		ID: id, Item: path.Base(path.Dir(id)), From: f.From, Until: f.Until, Source: f.Source,
		Demo: f.Demo, Basis: f.Basis, Questions: f.Questions, Materials: f.Materials, Drop: f.Drop, Narrow: f.Narrow,
		Contact: f.Contact, Postage: f.Postage, Fees: f.Fees, Digest: hex.EncodeToString(sum[:]),
	}
	for _, p := range f.Promises {
		o.Promises = append(o.Promises, Promise{p.Limit, p.Length.Limit, p.Basis})
	}
	if place := path.Base(path.Dir(path.Dir(id))); place != national {
		code, err := region.Parse(place)
		if err != nil {
			return Overlay{}, errs.Wrap(errs.CatalogueBroken, err, "%s", id)
		}
		o.Region = code
	}
	return o, nil
}

// OverlayID names the overlay of a region for an item from a day on.
func OverlayID(place region.Code, code string, from workday.Date) string {
	return overlayRoot + "/" + place.Short() + "/" + code + "/" + from.String()
}

// Text writes an overlay as ReadOverlay reads it: the form that is signed.
func (o Overlay) Text() (string, error) {
	f := overlayFile{
		From: o.From, Until: o.Until, Source: o.Source, Demo: o.Demo, Basis: o.Basis, Questions: o.Questions, Materials: o.Materials,
		Drop: o.Drop, Narrow: o.Narrow, Contact: o.Contact, Postage: o.Postage, Fees: o.Fees,
	}
	for _, p := range o.Promises {
		f.Promises = append(f.Promises, promiseFile{p.Limit, length{p.Length}, p.Basis})
	}
	var b strings.Builder
	enc := toml.NewEncoder(&b)
	enc.Indent = ""
	if err := enc.Encode(f); err != nil {
		return "", errs.Wrap(errs.Unexpected, err, "writing %s", o.ID)
	}
	return b.String(), nil
}

// overlaysAt gives the overlays of a place in force on a day, widest area first: the nation, its province, its city.
func (c *Catalogue) overlaysAt(code string, place region.Code, on workday.Date, regions *region.Table) []Overlay {
	var out []Overlay
	for _, o := range c.overlaysOn(code, on) {
		if o.Region != "" && regions.Within(place, o.Region) {
			out = append(out, o)
		}
	}
	slices.SortStableFunc(out, func(a, b Overlay) int { return cmp.Compare(a.Region.Level(), b.Region.Level()) })
	return out
}

// Overlays lists all overlays, of every region and day: the built-in ones, then those published.
func (c *Catalogue) Overlays() []Overlay { return slices.Concat(c.overlays, c.published().all) }

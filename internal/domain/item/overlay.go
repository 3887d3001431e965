package item

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"path"
	"slices"
	"strings"

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
	Digest      string // SHA-256 of the file, hex
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
	Office string `toml:"office"`
	Phone  string `toml:"phone"`
	Hours  string `toml:"hours"`
	Mark   Mark   `toml:"mark"`
}

// Postage says who pays for sending papers: "place" or "applicant".
type Postage struct {
	Payer string `toml:"payer"`
	Basis string `toml:"basis"`
	Mark  Mark   `toml:"mark"`
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
	var f struct {
		From      workday.Date `toml:"from"`
		Until     workday.Date `toml:"until"`
		Source    string       `toml:"source"`
		Demo      bool         `toml:"demo"`
		Basis     []Basis      `toml:"basis"`
		Questions []Question   `toml:"questions"`
		Materials []Material   `toml:"materials"`
		Drop      []Drop       `toml:"drop"`
		Narrow    []Narrowing  `toml:"narrow"`
		Contact   Contact      `toml:"contact"`
		Postage   Postage      `toml:"postage"`
		Promises  []struct {
			Limit  string `toml:"limit"`
			Length length `toml:"length"`
			Basis  string `toml:"basis"`
		} `toml:"promises"`
	}
	if err := c.toml(fsys, file, &f); err != nil {
		return Overlay{}, err
	}
	sum := sha256.Sum256([]byte(c.src[file]))
	o := Overlay{
		ID: strings.TrimSuffix(file, ".toml"), Item: path.Base(path.Dir(file)), From: f.From, Until: f.Until, Source: f.Source,
		Demo: f.Demo, Basis: f.Basis, Questions: f.Questions, Materials: f.Materials, Drop: f.Drop, Narrow: f.Narrow,
		Contact: f.Contact, Postage: f.Postage, Digest: hex.EncodeToString(sum[:]),
	}
	for _, p := range f.Promises {
		o.Promises = append(o.Promises, Promise{p.Limit, p.Length.Limit, p.Basis})
	}
	if place := path.Base(path.Dir(path.Dir(file))); place != national {
		code, err := region.Parse(place)
		if err != nil {
			return Overlay{}, errs.Wrap(errs.CatalogueBroken, err, "%s", file)
		}
		o.Region = code
	}
	return o, nil
}

// overlaysAt gives the overlays of a place in force on a day, widest area first: the nation, its province, its city.
func (c *Catalogue) overlaysAt(code string, place region.Code, on workday.Date, regions *region.Table) []Overlay {
	var out []Overlay
	for _, o := range c.overlays {
		if o.Item == code && o.inForce(on) && o.Region != "" && regions.Within(place, o.Region) {
			out = append(out, o)
		}
	}
	slices.SortStableFunc(out, func(a, b Overlay) int { return cmp.Compare(a.Region.Level(), b.Region.Level()) })
	return out
}

// Overlays lists all overlays, of every region and day.
func (c *Catalogue) Overlays() []Overlay { return slices.Clone(c.overlays) }

// Package journey is the way of an application before it is a case (草稿): what somebody has said, what was found out about
// them, and from that, purely, which screens are needed, which are done and which comes next. The answers are data, the
// questions come from the item's definition, and the pages are the face's.
package journey

import (
	"maps"
	"slices"
	"time"

	"tongban/internal/domain/exchange"
	"tongban/internal/domain/item"
	"tongban/internal/domain/licence"
	"tongban/internal/domain/party"
	"tongban/internal/kernel/region"
)

// Life is how long a draft is kept after it was last saved (ux pages.md E-10).
const Life = 90 * 24 * time.Hour

// Draft is an application that is being prepared. Everything in it is personal and stored encrypted under its own key.
type Draft struct {
	ID        string            `json:"id"` // UUIDv7, made with the page that starts it; becomes the case's
	Item      string            `json:"item"`
	Mode      item.Mode         `json:"mode"`
	Here      region.Code       `json:"here"`
	There     region.Code       `json:"there"`
	Version   string            `json:"version"` // of the rules that the answers were given under
	Digest    string            `json:"digest"`
	Pins      item.Pins         `json:"pins,omitzero"` // the two places' own rules
	Opened    time.Time         `json:"opened"`
	Saved     time.Time         `json:"saved"`
	Applicant party.Person      `json:"applicant"`
	Unit      *party.Org        `json:"unit,omitempty"`     // in whose name the applicant acts; nil for an own matter
	For       *party.Person     `json:"for,omitempty"`      // whose matter it is, where another prepares it; nil for an own one
	Mandate   string            `json:"mandate,omitempty"`  // by which For lets the other act
	Chosen    map[string]string `json:"chosen,omitempty"`   // by source: which of several licences
	Said      map[string]bool   `json:"said,omitempty"`     // to the matter's yes-no questions
	Answers   map[string]string `json:"answers,omitempty"`  // by field as typed; "" was passed over
	Records   map[string]Record `json:"records,omitempty"`  // by registered source
	Wrong     map[string]string `json:"wrong,omitempty"`    // by field: what the applicant says is wrong with what was found
	Supplies  map[string]string `json:"supplies,omitempty"` // by material: promise | upload | skip
	Files     []exchange.File   `json:"files,omitempty"`
	Doubts    map[string]string `json:"doubts,omitempty"` // by a file's address: what is doubtful about it, such as blur
	Coming    []Coming          `json:"coming,omitempty"`
	Seen      map[string]bool   `json:"seen,omitempty"` // steps that ask for a look, by key
	Guest     *Guest            `json:"guest,omitempty"`
	Case      string            `json:"case,omitempty"` // number, once submitted

	// Row is the store's guard: the version that was read, 0 for a new draft.
	Row int64 `json:"-"`
}

// Coming is a file on its way in pieces: it can be gone on with after a broken line, another day, from where it stopped.
type Coming struct {
	Key      string          `json:"key"` // the sender's own mark of the file, to find it again
	Material string          `json:"material"`
	Name     string          `json:"name"`
	Size     int64           `json:"size"` // bytes in all
	Have     int64           `json:"have"`
	Pieces   []exchange.File `json:"pieces"` // each stored encrypted under a key of its own, in order
}

// Same reports whether both are the same file for the same material.
func (c Coming) Same(o Coming) bool {
	return c.Key == o.Key && c.Material == o.Material && c.Size == o.Size
}

// Blobs are all stored files that the draft refers to: what goes with it.
func (d Draft) Blobs() []exchange.File {
	out := slices.Clone(d.Files)
	for _, c := range d.Coming {
		out = append(out, c.Pieces...)
	}
	return out
}

// Record is what one registered source said about the applicant, or that it said nothing.
type Record struct {
	Values map[string]string `json:"values,omitempty"` // by what the source gives
	Name   string            `json:"name"`             // of the source, as people know it
	NameEn string            `json:"name_en,omitempty"`
	At     time.Time         `json:"at"`
	Gap    Gap               `json:"gap,omitempty"`
	// Licence is the electronic licence that the values were read from; nil where a register answered.
	Licence *licence.Shown `json:"licence,omitempty"`
	// Choices are the licences that would do, the one that counts among them, if there are several.
	Choices []Choice `json:"choices,omitempty"`
}

// Choice is one of several licences, as people tell them apart.
type Choice struct {
	ID     string `json:"id"` // 证照标识
	Type   string `json:"type"`
	No     string `json:"no"`
	Issuer string `json:"issuer"`
	Issued string `json:"issued"` // YYYY-MM-DD
}

// Gap says why a source gave nothing.
type Gap string

// The gaps. The empty one means that it answered.
const (
	Down    Gap = "down"    // it does not answer now
	Nothing Gap = "nothing" // it answered, and knows nothing of this person

	NotInForce Gap = "not-in-force" // the person's licence is suspended, over or taken back
	NotTaken   Gap = "not-taken"    // the deciding place has not said that it takes that province's licence
)

// Subject is whose matter it is, and of whom sources are asked: the applicant, unless somebody else prepares it for them.
func (d Draft) Subject() party.Person {
	if d.For != nil {
		return *d.For
	}
	return d.Applicant
}

// Expires is when the draft is dropped if nobody touches it.
func (d Draft) Expires() time.Time { return d.Saved.Add(Life) }

// Expired reports whether that has come.
func (d Draft) Expired(now time.Time) bool { return d.Case == "" && !now.Before(d.Expires()) }

// Clone copies what a change may touch, so that a refused change leaves the draft as it was.
func (d Draft) Clone() Draft {
	d.Answers, d.Records, d.Wrong = filled(d.Answers), filled(d.Records), filled(d.Wrong)
	d.Supplies, d.Seen, d.Said, d.Files = filled(d.Supplies), filled(d.Seen), filled(d.Said), slices.Clone(d.Files)
	d.Doubts, d.Coming, d.Chosen = filled(d.Doubts), slices.Clone(d.Coming), filled(d.Chosen)
	for i := range d.Coming {
		d.Coming[i].Pieces = slices.Clone(d.Coming[i].Pieces)
	}
	if d.Guest != nil {
		g := *d.Guest
		d.Guest = &g
	}
	return d
}

func filled[V any](m map[string]V) map[string]V {
	if m == nil {
		return map[string]V{}
	}
	return maps.Clone(m)
}

// Facts are all found values by SOURCE.NAME, as item.Version.Fill takes them, without those that the applicant calls wrong.
func (d Draft) Facts(v item.Version) map[string]string {
	out := map[string]string{}
	for source, r := range d.Records {
		for name, value := range r.Values {
			out[source+"."+name] = value
		}
	}
	if d.Guest != nil && d.Guest.State == Joined {
		out["invited.name"], out["invited.number"] = d.Guest.Person.Name, d.Guest.Person.IDNo
	}
	for key := range d.Wrong {
		if f, ok := v.Field(key); ok && f.Fallback == item.FallAsk {
			delete(out, f.From)
		}
	}
	return out
}

// FilesOf lists the files of one material.
func (d Draft) FilesOf(material string) []exchange.File {
	return slices.DeleteFunc(slices.Clone(d.Files), func(f exchange.File) bool { return f.Material != material })
}

package desk

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"

	"github.com/google/uuid"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/exchange"
	"tongban/internal/domain/item"
	"tongban/internal/domain/party"
	"tongban/internal/handling/lodge"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/region"
)

// draftLife is how long an intake may stay open: a working day, after which the person is no longer at the counter.
const draftLife = 12 * time.Hour

// consentText is the version of the text that is read out; a change of the wording gets a new one.
const consentText = "desk-consent-1"

// draft is an intake between its screens. It travels encrypted inside the form, bound to the officer, so that it can
// neither be read nor changed on the way and no personal data stand in an address.
type draft struct {
	ID      string            `json:"id"` // of the case to be; a second submit finds the first
	Opened  time.Time         `json:"opened"`
	Person  party.Person      `json:"person"`
	Consent string            `json:"consent"`
	Item    string            `json:"item"`
	There   region.Code       `json:"there"`
	Said    map[string]bool   `json:"said,omitempty"` // to the matter's yes-no questions
	Answers map[string]string `json:"answers"`
	Known   map[string]string `json:"known,omitempty"` // what registered sources said
	Partner party.Person      `json:"partner,omitzero"`
	Sources map[string]string `json:"sources"` // by material
	Files   []exchange.File   `json:"files"`
	Search  map[string]string `json:"-"` // what was looked for in a list, by field
	Errors  map[string]string `json:"-"` // by id of the input
	Order   []string          `json:"-"` // of Errors
}

func (f *Face) newDraft() draft {
	return draft{ID: unit.NewID(), Opened: f.now()}
}

func (f *Face) draftAAD(v visit) []byte {
	return []byte("desk-draft\n" + string(f.cfg.Kit.Me) + "\n" + v.by.Office + "\n" + v.by.ID)
}

// state is the draft as the form carries it.
func (f *Face) state(v visit, d draft) (string, error) {
	plain, err := json.Marshal(d)
	if err != nil {
		return "", errs.Wrap(errs.Unexpected, err, "draft")
	}
	return base64.RawURLEncoding.EncodeToString(f.cfg.Box.Encrypt(plain, f.draftAAD(v))), nil
}

// read takes a draft out of the form: errs.DraftUnreadable if it was changed or belongs to another officer,
// errs.DraftExpired if it is too old.
func (f *Face) read(v visit, state string) (draft, error) {
	ct, err := base64.RawURLEncoding.DecodeString(strings.TrimSpace(state))
	if err != nil {
		return draft{}, errs.New(errs.DraftUnreadable, "not base64")
	}
	plain, err := f.cfg.Box.Decrypt(ct, f.draftAAD(v))
	if err != nil {
		return draft{}, errs.Wrap(errs.DraftUnreadable, err, "draft")
	}
	var d draft
	if err := json.Unmarshal(plain, &d); err != nil {
		return draft{}, errs.New(errs.DraftUnreadable, "draft of another release")
	}
	if _, err := uuid.Parse(d.ID); err != nil {
		return draft{}, errs.New(errs.DraftUnreadable, "draft without id")
	}
	if now := f.now(); now.Sub(d.Opened) > draftLife || d.Opened.Sub(now) > draftLife {
		return draft{}, errs.New(errs.DraftExpired, "opened %s", d.Opened)
	}
	return d, nil
}

func (d *draft) fail(id, words string) {
	if d.Errors == nil {
		d.Errors = map[string]string{}
	}
	if _, known := d.Errors[id]; !known {
		d.Order = append(d.Order, id)
		d.Errors[id] = words
	}
}

// application is what lodge takes in.
func (d draft) application(v item.Version) lodge.Application {
	a := lodge.Application{
		ID: d.ID, Item: d.Item, There: d.There, Applicant: d.Person, Consent: d.Consent, Said: d.Said, Answers: map[string]string{},
	}
	a.Known, a.Partner = d.Known, d.partner()
	for _, f := range v.Form.Fields {
		if s := d.Answers[f.Key]; s != "" {
			a.Answers[f.Key] = s
		}
	}
	for _, m := range v.Materials {
		if source := d.Sources[m.Key]; source != "" {
			a.Materials = append(a.Materials, casefile.Material{Key: m.Key, Name: m.Name, Source: source, Files: d.files(m.Key)})
		}
	}
	return a
}

// partner is who stands at the counter too, nil if nobody is named.
func (d draft) partner() *party.Person {
	if d.Partner.IDNo == "" {
		return nil
	}
	return &d.Partner
}

func (d draft) files(material string) []exchange.File {
	var out []exchange.File
	for _, f := range d.Files {
		if f.Material == material {
			out = append(out, f)
		}
	}
	return out
}

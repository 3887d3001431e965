// Package recognise lets an electronic licence of any province stand for a paper (电子证照互认, 国务院令第716号 第10条): it finds what
// the applicant holds, checks by itself that the licence is good and in force, and names the statement by which the deciding
// place takes it. Nothing here believes the province that handed a licence over: what it signed is the licence.
package recognise

import (
	"cmp"
	"context"
	"slices"
	"time"

	"tongban/internal/domain/item"
	"tongban/internal/domain/licence"
	"tongban/internal/domain/licence/statuslist"
	"tongban/internal/domain/office"
	"tongban/internal/domain/party"
	"tongban/internal/domain/sharing"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
	"tongban/internal/proof"
)

// Held is a licence somebody holds. Stands is how the own register has it; nil for one of another province, whose status list
// is still to be asked.
type Held struct {
	Record licence.Licence
	Signed proof.Signed
	Stands error
	Own    bool
}

// Desk finds and checks. Safe for concurrent use.
type Desk struct {
	Kit *unit.Kit
	// Own lists what a person holds that this node issued.
	Own func(ctx context.Context, who party.Person, typeCode string) ([]Held, error)
	// Elsewhere asks the other provinces, by the grant of the person's sign-in; who did not answer is missing.
	Elsewhere func(ctx context.Context, grant, typeCode string) (held []Held, missing []office.NodeID, err error)
	// Standing judges a place in the status list of another node, and says of when the list is.
	Standing func(ctx context.Context, by office.NodeID, ref statuslist.Ref) (known time.Time, late bool, err error)
	// Book lets f read what provinces said.
	Book func(f func(b *sharing.Book))
}

// Wish is whose licence is wanted, for which matter, and who decides that.
type Wish struct {
	Person  party.Person
	Grant   string // of the sign-in; "" if there is none, then only what this node issued is found
	Item    string
	Decides office.NodeID
	Source  item.Evidence
	Chosen  string // identifier of the licence that the person chose; "" for none
}

// Found is a licence that will do, with what the source gives.
type Found struct {
	Record licence.Licence
	Shown  licence.Shown
	Values map[string]string
	All    []licence.Licence // that will do, this one among them; nil if it is the only one
}

// Find gives the chosen licence, or else the newest, that is good, in force and recognised. If the person holds none it is errs.Missing, or
// errs.TryLater while a province that may have one does not answer. If there are licences but none will do, it says why the
// newest does not: errs.LicenceSuspended, errs.LicenceRevoked, errs.LicenceNotInForce, errs.NotRecognised, errs.StatusMissing.
func (d *Desk) Find(ctx context.Context, w Wish) (Found, error) {
	if w.Source.LicenceType == "" || w.Person.IDNo == "" {
		return Found{}, errs.New(errs.Missing, "%s is no licence", w.Source.Key)
	}
	held, err := d.Own(ctx, w.Person, w.Source.LicenceType)
	if err != nil {
		return Found{}, err
	}
	silent := false
	if w.Grant != "" && d.Elsewhere != nil {
		more, missing, err := d.Elsewhere(ctx, w.Grant, w.Source.LicenceType)
		silent = err != nil || len(missing) > 0
		held = append(held, more...)
	}
	slices.SortStableFunc(held, func(x, y Held) int { // the newest first
		return cmp.Or(chosen(y, w)-chosen(x, w), cmp.Compare(y.Record.Issued, x.Record.Issued), cmp.Compare(y.Record.Version, x.Record.Version))
	})
	var why error
	var good []Found
	for _, h := range held {
		f, err := d.take(ctx, w, h)
		if err == nil {
			good = append(good, f)
		} else if why == nil {
			why = err
		}
	}
	switch {
	case len(good) == 1:
		return good[0], nil
	case len(good) > 1:
		for _, f := range good {
			good[0].All = append(good[0].All, f.Record)
		}
		return good[0], nil
	case why != nil:
		return Found{}, why
	case silent:
		return Found{}, errs.New(errs.TryLater, "not all provinces answered")
	}
	return Found{}, errs.New(errs.Missing, "holds no %s", w.Source.LicenceType)
}

func chosen(h Held, w Wish) int {
	if w.Chosen != "" && h.Record.ID == w.Chosen {
		return 1
	}
	return 0
}

func (d *Desk) take(ctx context.Context, w Wish, h Held) (Found, error) {
	now := d.Kit.Now().UTC().Truncate(time.Microsecond)
	today := workday.DateOf(now)
	l, err := licence.Verify(h.Signed, d.Kit.Trust())
	if err != nil {
		return Found{}, err
	}
	if l.TypeCode != w.Source.LicenceType {
		return Found{}, errs.New(errs.LicenceMismatch, "%s is of type %s", l.ID, l.TypeCode)
	}
	if err := l.ValidOn(today.String()); err != nil {
		return Found{}, err
	}
	s := licence.Shown{Record: h.Signed, ID: l.ID, By: l.Issuer.Node, Looked: now}
	var ground sharing.Recognised
	d.Book(func(b *sharing.Book) { ground, err = b.Recognises(w.Decides, l.Issuer.Node, l.TypeCode, w.Item, today) })
	if err != nil {
		return Found{}, err
	}
	if ground.Seq > 0 {
		s.Ground = ground.Name()
	}
	switch {
	case h.Own:
		err = h.Stands
	case l.Status == nil: // judged by signature and days alone: nobody can say whether it was taken back since
		err = errs.New(errs.StatusMissing, "%s names no list", l.ID)
	default:
		s.Known, s.Late, err = d.Standing(ctx, l.Issuer.Node, *l.Status)
	}
	if err != nil {
		return Found{}, err
	}
	f := Found{Record: l, Shown: s, Values: map[string]string{}}
	for gives, key := range w.Source.Face {
		i := slices.IndexFunc(l.Fields, func(x licence.Field) bool { return x.Key == key })
		if i >= 0 && l.Fields[i].Value != "" {
			f.Values[gives] = l.Fields[i].Value
		}
	}
	if len(f.Values) == 0 {
		return Found{}, errs.New(errs.LicenceMismatch, "%s gives nothing", l.ID)
	}
	return f, nil
}

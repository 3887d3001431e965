package certify

import (
	"context"
	"slices"
	"time"

	"tongban/internal/domain/accesslog"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/licence"
	"tongban/internal/domain/office"
	"tongban/internal/domain/party"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
)

// The acts of office.Table that the register asks about.
const (
	mayDo      = office.DoLicence
	mayConfirm = office.ConfirmLicence
)

// may asks the table of authority about an act on a licence of issuer; before are those who proposed it.
func (s *Issuer) may(by casefile.Actor, act office.Act, issuer string, before ...string) error {
	if by.Node != s.Kit.Me {
		return errs.New(errs.NotYours, "%s is of %s", by.ID, by.Node)
	}
	return by.Officer().May(act, office.Matter{Offices: []string{issuer}, On: workday.DateOf(s.Kit.Now()), Before: before})
}

// mostFound bounds what a search shows.
const mostFound = 50

// Find looks licences of the officer's own office up: by the whole identifier, else by an exact form of the holder or of the
// applicant whose case it came from (number, name), or by the licence's number. Others' licences are not told of.
func (s *Issuer) Find(ctx context.Context, by casefile.Actor, words string) ([]licence.Life, error) {
	if id, err := licence.ParseIdentifier(words); err == nil {
		if err := s.may(by, office.SeeLicence, id.Issuer); err != nil {
			return nil, err
		}
		life, err := s.Register.Life(ctx, words)
		if errs.Is(err, errs.Missing) {
			return nil, nil
		}
		return []licence.Life{life}, err
	}
	forms := party.Search(words)
	if len(forms) == 0 {
		return nil, nil
	}
	found, err := s.Register.FindLicences(ctx, forms, mostFound)
	return slices.DeleteFunc(found, func(l licence.Life) bool {
		id, err := licence.ParseIdentifier(l.ID)
		return err != nil || s.may(by, office.SeeLicence, id.Issuer) != nil
	}), err
}

// Sheet is everything that the issuing office knows of a licence.
type Sheet struct {
	Record licence.Licence
	Life   licence.Life
	Facts  []licence.Fact // the oldest first
	Wish   *unit.Wish     // an act that waits for a second person, nil for none
	Acts   []licence.Act  // that the officer may begin now
	Answer bool           // the officer may confirm or drop the wish
}

// See opens a licence for an officer of its office; the look is in the log before anything is told.
func (s *Issuer) See(ctx context.Context, by casefile.Actor, id string) (Sheet, error) {
	record, life, err := s.held(ctx, by, office.SeeLicence, id, 0)
	if err != nil {
		return Sheet{}, err
	}
	sheet := Sheet{Record: record, Life: life}
	signed, err := s.Register.LicenceFacts(ctx, id)
	if err != nil {
		return Sheet{}, err
	}
	if _, sheet.Facts, err = licence.History(id, signed, s.Kit.Trust()); err != nil {
		return Sheet{}, err
	}
	if sheet.Wish, err = s.wish(ctx, life); err != nil {
		return Sheet{}, err
	}
	switch {
	case sheet.Wish != nil:
		sheet.Answer = s.may(by, mayConfirm, record.Issuer.Code, sheet.Wish.By) == nil
	case s.may(by, mayDo, record.Issuer.Code) == nil:
		sheet.Acts = slices.DeleteFunc(licence.Acts(life.State), func(a licence.Act) bool { return a == licence.ActExpire })
	}
	at := s.now()
	return sheet, s.Store.Commit(ctx, unit.Unit{At: at, Log: []accesslog.Entry{{
		Kind: accesslog.View, At: at, Case: life.Case, Who: by.ID, Office: by.Office, What: "licence.see", Reason: "office " + by.Office,
	}}})
}

// wish is what waits for a second person; one that was made on an earlier standing is void.
func (s *Issuer) wish(ctx context.Context, life licence.Life) (*unit.Wish, error) {
	w, err := s.Register.LicenceWish(ctx, life.ID)
	switch {
	case errs.Is(err, errs.Missing), err == nil && w.Row != life.Row:
		return nil, nil //nolint:nilnil // nothing waits
	case err != nil:
		return nil, err
	}
	return &w, nil
}

// Propose begins an act that needs a second person. Nothing changes until Confirm. Errors: those of Do, and
// errs.LicenceWaits while another act waits.
func (s *Issuer) Propose(ctx context.Context, by casefile.Actor, id string, row int64, d licence.Doing) error {
	record, life, err := s.held(ctx, by, mayDo, id, row)
	if err != nil {
		return err
	}
	if !d.Act.Second() {
		return errs.New(errs.LicenceMoveRefused, "%s needs nobody else", d.Act)
	}
	now := s.now()
	if err := s.reasoned(d); err != nil {
		return err
	}
	if _, _, err := life.Do(d, now); err != nil {
		return err
	}
	open, err := s.wish(ctx, life)
	if err != nil {
		return err
	}
	if open != nil {
		return errs.New(errs.LicenceWaits, "%s waits for %s", id, open.Act)
	}
	u := unit.Unit{At: now, Wished: []unit.Wish{{Licence: record.ID, Act: d.Act, Reason: d.Reason, By: by.ID, At: now, Row: life.Row}}}
	u.Log = append(u.Log, s.said(now, life, by, "propose."+string(d.Act)))
	return s.Store.Commit(ctx, u)
}

// Confirm carries a proposed act out. Errors: errs.SamePerson for who proposed it, errs.LicenceMoveRefused if nothing waits, and
// those of Do.
func (s *Issuer) Confirm(ctx context.Context, by casefile.Actor, id string, row int64) (licence.Life, error) {
	life, w, err := s.waiting(ctx, by, id, row)
	if err != nil {
		return licence.Life{}, err
	}
	return s.done(ctx, by, life, licence.Doing{Act: w.Act, Reason: w.Reason}, unit.Wish{Licence: id, Drop: true})
}

// Drop ends a proposal without doing anything. Who proposed may take it back too.
func (s *Issuer) Drop(ctx context.Context, by casefile.Actor, id string, row int64) error {
	_, life, err := s.held(ctx, by, mayDo, id, row)
	if err != nil {
		return err
	}
	w, err := s.wish(ctx, life)
	if err != nil {
		return err
	}
	if w == nil {
		return errs.New(errs.LicenceMoveRefused, "nothing waits at %s", id)
	}
	now := s.now()
	return s.Store.Commit(ctx, unit.Unit{
		At: now, Wished: []unit.Wish{{Licence: id, Drop: true}}, Log: []accesslog.Entry{s.said(now, life, by, "drop."+string(w.Act))},
	})
}

func (s *Issuer) waiting(ctx context.Context, by casefile.Actor, id string, row int64) (licence.Life, unit.Wish, error) {
	record, life, err := s.held(ctx, by, mayDo, id, row)
	if err != nil {
		return licence.Life{}, unit.Wish{}, err
	}
	w, err := s.wish(ctx, life)
	if err != nil {
		return licence.Life{}, unit.Wish{}, err
	}
	if w == nil {
		return licence.Life{}, unit.Wish{}, errs.New(errs.LicenceMoveRefused, "nothing waits at %s", id)
	}
	return life, *w, s.may(by, mayConfirm, record.Issuer.Code, w.By)
}

func (s *Issuer) said(at time.Time, life licence.Life, by casefile.Actor, what string) accesslog.Entry {
	return accesslog.Entry{Kind: accesslog.Act, At: at, Case: life.Case, Who: by.ID, Office: by.Office, What: "licence." + what}
}

// reasoned holds the reason of an act against the catalogue's list.
func (s *Issuer) reasoned(d licence.Doing) error {
	if d.Act.Reasoned() && !licence.Known(s.Reasons, d.Act, d.Reason) {
		return errs.New(errs.LicenceReason, "%s for %q", d.Act, d.Reason)
	}
	return nil
}

// Do suspends, resumes, moves out or keeps a licence of the officer's own office. The status list tells of it with the same
// commit. row is the version that the officer saw, 0 takes it as it is. What needs a second person is errs.LicenceNeedsTwo; changing
// and taking over have functions of their own. Errors: errs.Missing, errs.NotYours, errs.CaseElsewhere, errs.Stale,
// errs.LicenceReason, errs.LicenceMoveRefused.
func (s *Issuer) Do(ctx context.Context, by casefile.Actor, id string, row int64, d licence.Doing) (licence.Life, error) {
	_, life, err := s.held(ctx, by, mayDo, id, row)
	if err != nil {
		return licence.Life{}, err
	}
	switch {
	case d.Act == licence.ActChange, d.Act == licence.ActMoveIn, d.Act == licence.ActIssue, d.Act == licence.ActExpire:
		return licence.Life{}, errs.New(errs.LicenceMoveRefused, "%s is no act on its own", d.Act)
	case d.Act.Second():
		return licence.Life{}, errs.New(errs.LicenceNeedsTwo, "%s of %s", d.Act, id)
	}
	if err := s.reasoned(d); err != nil {
		return licence.Life{}, err
	}
	return s.done(ctx, by, life, d)
}

// done records an act and commits it.
func (s *Issuer) done(ctx context.Context, by casefile.Actor, life licence.Life, d licence.Doing, wished ...unit.Wish) (licence.Life, error) {
	d.By, d.Office = s.Kit.Me, by.Office
	u := unit.Unit{At: s.now(), Wished: wished}
	if err := s.record(&u, life, d); err != nil {
		return licence.Life{}, err
	}
	u.Log = s.logged(u, life.Case, by.ID)
	if err := s.Store.Commit(ctx, u); err != nil {
		return licence.Life{}, err
	}
	out := u.Licences[0].Life
	out.Row++
	return out, nil
}

// held reads a licence that the officer may act on, with its standing.
func (s *Issuer) held(ctx context.Context, by casefile.Actor, act office.Act, id string, row int64) (licence.Licence, licence.Life, error) {
	parsed, err := licence.ParseIdentifier(id)
	if err != nil {
		return licence.Licence{}, licence.Life{}, err
	}
	if err := s.may(by, act, parsed.Issuer); err != nil {
		return licence.Licence{}, licence.Life{}, err
	}
	life, err := s.Register.Life(ctx, id)
	if errs.Is(err, errs.Missing) {
		err = errs.New(errs.NoSuchLicence, "%s was not issued here", id)
	}
	if err != nil {
		return licence.Licence{}, licence.Life{}, err
	}
	if row != 0 && life.Row != row {
		return licence.Licence{}, licence.Life{}, errs.New(errs.Stale, "%s was read at %d, is at %d", id, row, life.Row)
	}
	p, err := s.Register.Licence(ctx, id)
	if err != nil {
		return licence.Licence{}, licence.Life{}, err
	}
	l, err := licence.Verify(p.Signed, s.Kit.Trust())
	return l, life, err
}

package certify

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"slices"
	"strings"
	"time"

	"tongban/internal/domain/accesslog"
	"tongban/internal/domain/licence"
	"tongban/internal/domain/licence/jws"
	"tongban/internal/domain/party"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
	"tongban/internal/proof"
)

// Wallet is 我的证照 at the node that issued: what a person holds, showing it, taking it along, and who used it. Others' licences and
// licences that do not exist are the same answer.
type Wallet struct {
	Issuer *Issuer
	Store  WalletStore
	Secure func() time.Time // security time: a code lives by it
	// Counter is the way to whoever asks for a licence; nil: nobody can.
	Counter Counter
}

// WalletStore is what a wallet reads beside the register. HeldOne is errs.Missing if there is none.
type WalletStore interface {
	HeldOne(ctx context.Context, kind, id string) (unit.Held, error)
	Held(ctx context.Context, owner party.Lookup, kind string) ([]unit.Held, error)
	LogOf(ctx context.Context, caseID string) ([]accesslog.Entry, error)
}

// Owned is a licence in the hands of its holder, or of the person whose application it came from (a company's).
type Owned struct {
	Record licence.Licence
	Life   licence.Life
	Signed proof.Signed
}

// Mine lists a person's licences of this node, the newest first. Nothing is logged: the caller says what was shown.
func (w *Wallet) Mine(ctx context.Context, who party.Person) ([]Owned, error) {
	if who.IDNo == "" {
		return nil, nil
	}
	found, err := w.Issuer.Register.FindLicences(ctx, []party.Lookup{{Kind: party.ByNumber, Value: who.IDNo}}, mostFound)
	if err != nil {
		return nil, err
	}
	var out []Owned
	for _, life := range found {
		o, ok, err := w.owned(ctx, who, life)
		if err != nil {
			return nil, err
		}
		if ok {
			out = append(out, o)
		}
	}
	return out, nil
}

// Listed is Mine for the person's own eyes: each look is logged.
func (w *Wallet) Listed(ctx context.Context, who party.Person) ([]Owned, error) {
	mine, err := w.Mine(ctx, who)
	if err != nil || len(mine) == 0 {
		return nil, err
	}
	at := w.Issuer.now()
	u := unit.Unit{At: at}
	for _, o := range mine {
		u.Log = append(u.Log, accesslog.Entry{Kind: accesslog.View, At: at, Case: o.Life.Case, Who: "applicant", What: "wallet.list"})
	}
	return mine, w.Issuer.Store.Commit(ctx, u)
}

// Today is the business day, as YYYY-MM-DD.
func (w *Wallet) Today() string { return workday.DateOf(w.Issuer.Kit.Now()).String() }

// owned reads a licence and reports whether it is the person's; a keyed hash alone proves nothing.
func (w *Wallet) owned(ctx context.Context, who party.Person, life licence.Life) (Owned, bool, error) {
	p, err := w.Issuer.Register.Licence(ctx, life.ID)
	if err != nil {
		return Owned{}, false, err
	}
	l, err := licence.Verify(p.Signed, w.Issuer.Kit.Trust())
	if err != nil {
		return Owned{}, false, err
	}
	o := Owned{Record: l, Life: life, Signed: p.Signed}
	if party.SameDocument(who, party.Person{IDNo: l.Holder.Code, IDType: party.IDType(l.Holder.CodeType)}) {
		return o, true, nil
	}
	c, err := w.Issuer.Store.Case(ctx, l.CaseID)
	if errs.Is(err, errs.Missing) {
		return Owned{}, false, nil
	}
	return o, err == nil && c.Own(who), err
}

// Own opens one licence of a person and logs the look; errs.NoSuchLicence for anybody else's.
func (w *Wallet) Own(ctx context.Context, who party.Person, id, what string) (Owned, error) {
	o, err := w.find(ctx, who, id)
	if err != nil {
		return Owned{}, err
	}
	at := w.Issuer.now()
	return o, w.Issuer.Store.Commit(ctx, unit.Unit{At: at, Log: []accesslog.Entry{{
		Kind: accesslog.View, At: at, Case: o.Life.Case, Who: "applicant", What: what,
	}}})
}

func (w *Wallet) find(ctx context.Context, who party.Person, id string) (Owned, error) {
	if _, err := licence.ParseIdentifier(id); err != nil {
		return Owned{}, errs.New(errs.NoSuchLicence, "no identifier")
	}
	life, err := w.Issuer.Register.Life(ctx, id)
	if errs.Is(err, errs.Missing) {
		return Owned{}, errs.New(errs.NoSuchLicence, "not here")
	}
	if err != nil {
		return Owned{}, err
	}
	o, ok, err := w.owned(ctx, who, life)
	if err == nil && !ok {
		err = errs.New(errs.NoSuchLicence, "not the visitor's")
	}
	return o, err
}

// ShowFor is how long a code to be scanned lives.
const ShowFor = time.Minute

// shown is what a code stands for.
type shown struct {
	Licence string    `json:"licence"`
	Fields  []string  `json:"fields"` // keys of the face, and those of ShowKeys
	Until   time.Time `json:"until"`
}

// Keys of what may be shown beside the face's own fields.
const (
	ShowNo     = ".no"
	ShowHolder = ".holder"
	ShowCode   = ".code"
)

const kindShown = "shown"

// Show makes a code that whoever scans it can open for a minute, and that tells only the chosen fields. The code itself is not
// stored.
func (w *Wallet) Show(ctx context.Context, who party.Person, id string, fields []string) (code string, until time.Time, err error) {
	o, err := w.find(ctx, who, id)
	if err != nil {
		return "", time.Time{}, err
	}
	var keep []string
	for _, f := range fields {
		known := f == ShowNo || f == ShowHolder || f == ShowCode || slices.ContainsFunc(o.Record.Fields, func(x licence.Field) bool { return x.Key == f })
		if known && !slices.Contains(keep, f) {
			keep = append(keep, f)
		}
	}
	secret := make([]byte, 16)
	_, _ = rand.Read(secret) // never fails
	code = base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(secret)
	until = w.Secure().Add(ShowFor).UTC().Truncate(time.Second)
	body, err := proof.Marshal(shown{id, keep, until})
	if err != nil {
		return "", time.Time{}, err
	}
	at := w.Issuer.now()
	return code, until, w.Issuer.Store.Commit(ctx, unit.Unit{
		At: at, Held: []unit.Held{{ID: codeID(code), Owner: party.Lookup{Kind: party.ByNumber, Value: who.IDNo}, Kind: kindShown, At: at, Body: body}},
		Log: []accesslog.Entry{{Kind: accesslog.View, At: at, Case: o.Life.Case, Who: "applicant", What: "wallet.show"}},
	})
}

func codeID(code string) string { return proof.HashOf([]byte("shown " + code)).String() }

// Scanned opens a code: the record with nothing in it but what was chosen, and how it stands. The look is in the log first. Errors:
// errs.NoSuchLicence for a code that never was, errs.RequestOver for one that is over.
func (w *Wallet) Scanned(ctx context.Context, code string) (Owned, []string, error) {
	h, err := w.Store.HeldOne(ctx, kindShown, codeID(strings.ToUpper(code)))
	if errs.Is(err, errs.Missing) {
		return Owned{}, nil, errs.New(errs.NoSuchLicence, "no such code")
	}
	if err != nil {
		return Owned{}, nil, err
	}
	var s shown
	if err := proof.Unmarshal(h.Body, &s); err != nil {
		return Owned{}, nil, err
	}
	if w.Secure().After(s.Until) {
		return Owned{}, nil, errs.New(errs.RequestOver, "until %s", s.Until)
	}
	life, err := w.Issuer.Register.Life(ctx, s.Licence)
	if err != nil {
		return Owned{}, nil, err
	}
	p, err := w.Issuer.Register.Licence(ctx, s.Licence)
	if err != nil {
		return Owned{}, nil, err
	}
	l, err := licence.Verify(p.Signed, w.Issuer.Kit.Trust())
	if err != nil {
		return Owned{}, nil, err
	}
	l.Fields = slices.DeleteFunc(l.Fields, func(f licence.Field) bool { return !slices.Contains(s.Fields, f.Key) })
	at := w.Issuer.now()
	return Owned{Record: l, Life: life}, s.Fields, w.Issuer.Store.Commit(ctx, unit.Unit{At: at, Log: []accesslog.Entry{{
		Kind: accesslog.View, At: at, Case: life.Case, Who: "anyone", What: "wallet.scanned",
	}}})
}

// Take gives a licence as a credential (SD-JWT VC, ES256) for the person to keep, bound to nobody's key. Errors: those of Own and
// Issuer.Credential.
func (w *Wallet) Take(ctx context.Context, who party.Person, id string) (string, error) {
	o, err := w.Own(ctx, who, id, "wallet.file")
	if err != nil {
		return "", err
	}
	return w.Issuer.Credential(ctx, o.Signed, jws.ES256, nil, licence.Holder{})
}

// uses are the entries of a case's log that are about its licence.
var uses = []string{"wallet.", "licence.", "entrance.verify"}

// Uses is who did what with a licence, the newest first, as the node's log has it: at most most entries, without the holder's own
// looks.
func (w *Wallet) Uses(ctx context.Context, o Owned, most int) ([]accesslog.Entry, error) {
	all, err := w.Store.LogOf(ctx, o.Life.Case)
	if err != nil {
		return nil, err
	}
	var out []accesslog.Entry
	for _, e := range slices.Backward(all) {
		about := slices.ContainsFunc(uses, func(p string) bool { return strings.HasPrefix(e.What, p) })
		if about && e.Who != "applicant" && len(out) < most {
			out = append(out, e)
		}
	}
	return out, nil
}

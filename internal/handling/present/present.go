// Package present asks somebody to show a licence in a case, and takes what their wallet answers (OpenID4VP 1.0; 国务院令第716号 第11条: an
// electronic licence may be the basis of a decision). An answer counts once, for the case and the purpose that it was asked for, and
// only if the licence is the applicant's. What came is kept with the case as it was signed, so that nobody asks for paper.
package present

import (
	"context"
	"crypto/subtle"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"tongban/internal/domain/accesslog"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/licence"
	"tongban/internal/domain/licence/jws"
	"tongban/internal/domain/licence/statuslist"
	"tongban/internal/domain/office"
	"tongban/internal/domain/party"
	"tongban/internal/domain/presentation"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/throttle"
	"tongban/internal/proof"
)

// Store keeps requests with their case. Presentation gives errs.Missing. Commit is durable when it returns.
type Store interface {
	Case(ctx context.Context, id string) (casefile.Case, error)
	Presentation(ctx context.Context, id string) (unit.Presentation, error)
	Presentations(ctx context.Context, caseID string) ([]unit.Presentation, error)
	Life(ctx context.Context, id string) (licence.Life, error)
	Commit(ctx context.Context, u unit.Unit) error
}

// Desk asks and takes answers. Safe for concurrent use, also by replicas.
type Desk struct {
	Kit    *unit.Kit
	Store  Store
	Signer *jws.Signer // ES256, the key that the trust list names
	Types  []licence.Type
	// Standing judges a place in the status list of another node, and says of when the list is.
	Standing func(ctx context.Context, by office.NodeID, ref statuslist.Ref) (known time.Time, late bool, err error)

	tries *throttle.Throttle
}

// answersAMinute bounds how often one request is answered: each try costs signatures to check.
const answersAMinute = 10

// New makes a desk; d.tries is its own, by security time.
func New(d Desk) *Desk {
	d.tries = throttle.New(answersAMinute, time.Minute, time.Now)
	return &d
}

// Asked is a request with what came of it.
type Asked struct {
	Request presentation.Request `json:"request"`
	Case    string               `json:"case"`
	Officer string               `json:"officer"`
	State   unit.PresentState    `json:"-"`
	Over    bool                 `json:"-"` // nobody answered in time
	Shown   *Shown               `json:"shown,omitempty"`
}

// Shown is a licence as it was shown; Token is the evidence.
type Shown struct {
	Token   string            `json:"token"`
	Licence string            `json:"licence"`
	Issuer  string            `json:"issuer"` // name of the office that issued it
	Name    string            `json:"name"`   // of the type
	By      office.NodeID     `json:"by"`
	Values  map[string]string `json:"values"`
	At      time.Time         `json:"at"`
	Known   time.Time         `json:"known"` // how the licence stood, by a list of that time
	Late    bool              `json:"late,omitempty"`
}

// Wish is what an officer asks for.
type Wish struct {
	Type    string
	Fields  []string // claim names, see Fields
	Purpose string
}

// Fields are the names of what can be asked of a type: number, holder, and the face as the catalogue has it.
func (d *Desk) Fields(typeCode string) []string {
	out := []string{licence.ClaimNo, licence.ClaimHolderName, licence.ClaimHolderCode}
	for _, f := range d.Kit.Catalogue.Face(typeCode) {
		if !slices.Contains(out, f.Key) {
			out = append(out, f.Key)
		}
	}
	return out
}

// purposeMost is how long a purpose may be, in characters; presentation refuses a longer one.
const purposeMost = 200

// Ask makes a request in a case that the officer's office holds. Errors: office.Officer.May's, errs.LicenceTypeUnknown,
// errs.FieldsMissing if nothing is asked for, errs.PurposeMissing, errs.AskNotHere.
func (d *Desk) Ask(ctx context.Context, by casefile.Actor, caseID string, w Wish) (string, error) {
	c, err := d.Store.Case(ctx, caseID)
	if err != nil {
		return "", err
	}
	if err := d.may(by, c); err != nil {
		return "", err
	}
	if _, err := licence.TypeOf(d.Types, w.Type); err != nil {
		return "", err
	}
	var claims []string
	for _, name := range d.Fields(w.Type) {
		if slices.Contains(w.Fields, name) {
			claims = append(claims, name)
		}
	}
	purpose := strings.TrimSpace(w.Purpose)
	me, ok := d.Kit.Trust().Node(d.Kit.Me)
	at, known := d.Kit.Office(by.Office)
	switch {
	case len(claims) == 0:
		return "", errs.New(errs.FieldsMissing, "nothing is asked for")
	case purpose == "" || utf8.RuneCountInString(purpose) > purposeMost || licence.Clean(purpose) != nil:
		return "", errs.New(errs.PurposeMissing, "%d characters", utf8.RuneCountInString(purpose))
	case !ok || me.Address == "":
		return "", errs.New(errs.AskNotHere, "%s", d.Kit.Me)
	case !known:
		return "", errs.New(errs.NotYours, "%s is of no office", by.ID)
	}
	for _, name := range whose(c) {
		if !slices.Contains(claims, name) {
			claims = append(claims, name)
		}
	}
	now := d.Kit.Now().UTC().Truncate(time.Microsecond)
	r, err := presentation.New(d.Signer, me, w.Type, claims, presentation.Use{
		Office: at.Code, OfficeName: at.Name, Case: string(c.No), Item: c.Item, Purpose: purpose,
	}, now)
	if err != nil {
		return "", err
	}
	p, err := pack(Asked{Request: r, Case: c.ID, Officer: by.ID, State: unit.PresentOpen})
	if err != nil {
		return "", err
	}
	return r.ID, d.Store.Commit(ctx, unit.Unit{At: now, Presented: []unit.Presentation{p}, Log: []accesslog.Entry{
		{Kind: accesslog.Act, At: now, Case: c.ID, Who: by.ID, Office: by.Office, What: "present.ask", Reason: r.ID},
	}})
}

// may asks for an office that has a leg of the case here and now.
func (d *Desk) may(by casefile.Actor, c casefile.Case) error {
	m := c.Matter(d.Kit.Now())
	m.Offices = nil
	for _, l := range c.Legs {
		if l.Node == d.Kit.Me && l.Holder == d.Kit.Me {
			m.Offices = append(m.Offices, l.Office)
		}
	}
	return by.Officer().May(office.AskLicence, m)
}

// May reports whether the officer can ask in a case now.
func (d *Desk) May(by casefile.Actor, c casefile.Case) bool { return d.may(by, c) == nil }

// whose are the claims that prove whose licence is shown: the applicant's, or that of the unit in whose name the case is made.
func whose(c casefile.Case) []string {
	if _, ok := c.Unit(); ok {
		return []string{licence.ClaimHolderCode}
	}
	return []string{licence.ClaimBearerCode, licence.ClaimBearerCodeType}
}

func theirs(c casefile.Case, x licence.Checked) bool {
	if u, ok := c.Unit(); ok {
		return x.Text(licence.ClaimHolderCode) == string(u.USCC)
	}
	return c.Own(party.Person{IDNo: x.Text(licence.ClaimBearerCode), IDType: party.IDType(x.Text(licence.ClaimBearerCodeType))})
}

func pack(a Asked) (unit.Presentation, error) {
	body, err := proof.Marshal(a)
	return unit.Presentation{ID: a.Request.ID, Case: a.Case, State: a.State, At: a.Request.At, Until: a.Request.Until, Body: body}, err
}

func (d *Desk) unpack(p unit.Presentation) (Asked, error) {
	var a Asked
	err := proof.Unmarshal(p.Body, &a)
	a.State = p.State
	a.Over = p.State == unit.PresentOpen && !d.Kit.Now().Before(p.Until)
	return a, err
}

// Find reads a request by its id; errs.NoSuchRequest.
func (d *Desk) Find(ctx context.Context, id string) (Asked, error) {
	p, err := d.Store.Presentation(ctx, id)
	if errs.Is(err, errs.Missing) {
		return Asked{}, errs.New(errs.NoSuchRequest, "not here")
	}
	if err != nil {
		return Asked{}, err
	}
	return d.unpack(p)
}

// Of gives what was asked in a case, the newest first.
func (d *Desk) Of(ctx context.Context, caseID string) ([]Asked, error) {
	list, err := d.Store.Presentations(ctx, caseID)
	var out []Asked
	for _, p := range slices.Backward(list) {
		a, err := d.unpack(p)
		if err != nil {
			return nil, err
		}
		out = append(out, a)
	}
	return out, err
}

// Token is the signed request, for whoever has its address; errs.RequestOver once it is answered or its time is over.
func (d *Desk) Token(ctx context.Context, id string) (string, error) {
	a, err := d.Find(ctx, id)
	if err == nil && (a.State != unit.PresentOpen || a.Over) {
		err = errs.New(errs.RequestOver, "%s", a.State)
	}
	return a.Request.Token, err
}

// Answer is what a wallet sends (OpenID4VP 1.0 §8.2): a vp_token, or that its holder refuses.
type Answer struct {
	State   string
	Token   string
	Refused bool
}

// Take takes an answer, once. Nothing is kept of one that does not hold, and the request stays open. Errors: errs.TooMany,
// errs.NoSuchRequest also for a wrong state, errs.RequestOver, those of presentation.Request.Judge, errs.HolderDiffers,
// errs.StatusMissing, errs.LicenceSuspended, errs.LicenceRevoked, errs.StatusOutOfRange.
func (d *Desk) Take(ctx context.Context, id string, in Answer) error {
	a, err := d.Find(ctx, id)
	if err != nil {
		return err
	}
	switch {
	case subtle.ConstantTimeCompare([]byte(a.Request.State), []byte(in.State)) != 1:
		return errs.New(errs.NoSuchRequest, "wrong state")
	case a.State != unit.PresentOpen || a.Over:
		return errs.New(errs.RequestOver, "%s", a.State)
	}
	if err := d.tries.Take(id); err != nil { // from here on it costs signatures to check
		return err
	}
	now := d.Kit.Now().UTC().Truncate(time.Microsecond)
	a.State = unit.PresentRefused
	if !in.Refused {
		a.State = unit.PresentTaken
		if a.Shown, err = d.judge(ctx, a, in.Token, now); err != nil {
			return err
		}
	}
	p, err := pack(a)
	if err != nil {
		return err
	}
	return d.Store.Commit(ctx, unit.Unit{At: now, Presented: []unit.Presentation{p}, Log: []accesslog.Entry{
		{Kind: accesslog.Act, At: now, Case: a.Case, Who: "applicant", What: "present." + string(a.State), Reason: id},
	}})
}

// judge checks the answer, whose licence it is, and how that stands at its issuer now.
func (d *Desk) judge(ctx context.Context, a Asked, token string, now time.Time) (*Shown, error) {
	c, err := d.Store.Case(ctx, a.Case)
	if err != nil {
		return nil, err
	}
	x, err := a.Request.Judge(token, d.Kit.Trust(), now)
	if err != nil {
		return nil, err
	}
	if !theirs(c, x) {
		return nil, errs.New(errs.HolderDiffers, "in case %s", c.No)
	}
	s := &Shown{
		Token: token, Licence: x.Text(licence.ClaimID), Issuer: x.Text(licence.ClaimIssuerName), Name: x.Text(licence.ClaimTypeName), By: x.Node.ID,
		Values: map[string]string{}, At: now, Known: now,
	}
	for _, name := range a.Request.Claims {
		s.Values[name] = x.Text(name)
	}
	if x.Node.ID == d.Kit.Me {
		life, err := d.Store.Life(ctx, s.Licence)
		if err != nil {
			return nil, err
		}
		return s, life.Stands()
	}
	if x.Status == nil {
		return nil, errs.New(errs.StatusMissing, "%s names no list", s.Licence)
	}
	s.Known, s.Late, err = d.Standing(ctx, x.Node.ID, *x.Status)
	return s, err
}

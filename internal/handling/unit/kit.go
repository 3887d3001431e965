package unit

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"tongban/internal/domain/accesslog"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/complaint"
	"tongban/internal/domain/document"
	"tongban/internal/domain/exchange"
	"tongban/internal/domain/item"
	"tongban/internal/domain/notice"
	"tongban/internal/domain/office"
	"tongban/internal/domain/party"
	"tongban/internal/domain/rating"
	"tongban/internal/domain/watch"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/gm"
	"tongban/internal/kernel/region"
	"tongban/internal/kernel/workday"
	"tongban/internal/proof"
)

// Kit is what every use case of a node needs beside its store: who the node is, its keys, its rules and its clock. It is
// read-only and safe for concurrent use.
type Kit struct {
	Me        office.NodeID
	Signer    *proof.Signer
	Now       func() time.Time // business time
	Trust     func() *office.TrustList
	Catalogue *item.Catalogue
	Calendar  *workday.Calendar
	Regions   *region.Table
	Offices   []office.Office
	// Notices are the wordings of what applicants are told; nil tells nobody. Outlets says whether anything leaves the house:
	// without, a notice stands on the applicant's page only.
	Notices *notice.Book
	Outlets bool
	Ratings *rating.Book // clocks and indicators of the 好差评
	Watch   *watch.Book  // clocks of alarms
	// Complaints are their clocks and what they can be about.
	Complaints *complaint.Book
	// ES256 signs log heads for browsers, which cannot read SM2; nil leaves that signature out.
	ES256 gm.ES256Key
	// Protocol is the newest wire protocol that this node writes; 0 means exchange.NewestProtocol.
	Protocol int
	// Systems are the departmental systems in which offices work their cases; nil: every case is worked here.
	Systems Systems
	// Wake is called after a commit that put something into the outbox; it must not block. May be nil.
	Wake func()
}

// NewID gives a UUIDv7 (RFC 9562).
func NewID() string {
	id, err := uuid.NewV7()
	if err != nil { // crypto/rand does not fail
		panic(err)
	}
	return id.String()
}

// Law is the rule that a case goes by on a day: what it pinned if it is accepted, otherwise the version in force.
func (k *Kit) Law(c casefile.Case, on workday.Date) (casefile.Law, error) {
	if d, ok := c.LegOf(item.Decide); ok && (d.State == casefile.Accepted || d.State == casefile.Suspended || c.Unsealed()) {
		v, err := k.Catalogue.Pinned(c.Rule.Digest, c.Rule.Pins)
		return casefile.Law{Version: v, Calendar: k.Calendar}, err
	}
	v, ok := k.Catalogue.Local(c.Item, c.Here, c.There, on, k.Regions)
	if !ok {
		return casefile.Law{}, errs.New(errs.NoPlan, "%s has no version on %s", c.Item, on)
	}
	return casefile.Law{Version: v, Calendar: k.Calendar}, nil
}

// Today is the rule of the day of an act now, whatever the case has pinned.
func (k *Kit) Today(c casefile.Case) (casefile.Law, error) {
	on := c.Day(k.Now())
	v, ok := k.Catalogue.Local(c.Item, c.Here, c.There, on, k.Regions)
	if !ok {
		return casefile.Law{}, errs.New(errs.NoPlan, "%s has no version on %s", c.Item, on)
	}
	return casefile.Law{Version: v, Calendar: k.Calendar}, nil
}

// Mandate is the agreement by which a case may be decided in another place's name on a day; false if none is in force.
func (k *Kit) Mandate(c casefile.Case, on workday.Date) (item.Agreement, bool) {
	return k.Catalogue.Mandated(c.Item, c.Here, c.There, on, k.Regions)
}

// Rules is the definition of a day with the rules of the two places, for a case that would be lodged at here and decided for
// there. A case names the area of the deciding office, so rules of finer areas do not reach it.
func (k *Kit) Rules(code string, here, there region.Code, on workday.Date) (item.Version, bool) {
	if o, err := k.OfficeAt(there); err == nil {
		there = o.Region
	}
	return k.Catalogue.Local(code, here, there, on, k.Regions)
}

// Moved lists what the rules of a day ask of a case that those it names did not, and that is not in yet; see
// casefile.Case.News. A case that names no place's rules is left to who decides it.
func (k *Kit) Moved(c casefile.Case, law casefile.Law) []item.Change {
	if c.Rule.Digest == law.Version.Digest && (c.Rule.Pins == law.Version.Pins || c.Rule.Pins == (item.Pins{})) {
		return nil
	}
	old, err := k.Catalogue.Pinned(c.Rule.Digest, c.Rule.Pins)
	if err != nil {
		return nil // what cannot be compared is for the reviewer to see
	}
	return c.News(old, law.Version)
}

// Office finds an office by its code.
func (k *Kit) Office(code string) (office.Office, bool) {
	for _, o := range k.Offices {
		if o.Code == code {
			return o, true
		}
	}
	return office.Office{}, false
}

// OfficeAt finds the office that acts for a place: its own, or that of the nearest place above it.
func (k *Kit) OfficeAt(place region.Code) (office.Office, error) {
	best, depth := office.Office{}, -1
	for _, o := range k.Offices {
		if d := int(o.Region.Level()); k.Regions.Within(place, o.Region) && d > depth {
			best, depth = o, d
		}
	}
	if depth < 0 {
		return office.Office{}, errs.New(errs.UnknownNode, "no office for %s", place)
	}
	return best, nil
}

// Sign signs what travels between nodes as JSON: facts, envelopes and receipts. Where every member reads it, those that are made
// at the same time share a signature.
func (k *Kit) Sign(typ string, v any) (proof.Signed, error) {
	body, err := proof.Marshal(v)
	if err != nil {
		return proof.Signed{}, err
	}
	if k.treesAreRead() {
		return k.Signer.SignTogether(typ, body)
	}
	return k.Signer.Sign(typ, body)
}

func (k *Kit) treesAreRead() bool {
	return (k.Protocol == 0 || k.Protocol >= exchange.TreeProtocol) && k.Trust != nil && k.Trust().Lowest() >= exchange.TreeProtocol
}

// Record signs what a step did and adds case, fact, log entry and, where the applicant is told of it, the notice to the unit. The returned case knows the new fact.
func (k *Kit) Record(u *Unit, c casefile.Case, step casefile.Step, who string) (casefile.Case, proof.Signed, error) {
	private, err := proof.Marshal(step.Private)
	if err != nil {
		return c, proof.Signed{}, err
	}
	salt, commitment := proof.Commit(private)
	f := c.FactOf(step, k.Me)
	f.Private = commitment
	signed, err := k.Sign(casefile.TypFact, f)
	if err != nil {
		return c, proof.Signed{}, err
	}
	hash := signed.Hash()
	c.Head = hash
	u.At, u.Case = step.At, &c
	u.Facts = append(u.Facts, casefile.Known{
		Case: c.ID, Hash: hash, Fact: f, Signed: signed, Private: append(salt[:], private...),
	})
	u.Log = append(u.Log, accesslog.Entry{
		Kind: accesslog.Act, At: step.At, Case: c.ID, Who: who, Office: step.Office, What: string(step.Act), Fact: hash,
	})
	k.Told(u, c, f, hash)
	if slices.Contains(moneyActs, step.Act) {
		k.LookAtMoney(u, c, step.At)
	}
	k.system(u, c, step, who)
	if c.Inquired && step.Act != casefile.ActInquire {
		u.Due = append(u.Due, Due{Case: c.ID, Kind: DueInquiry, At: step.At})
	}
	if err := k.Share(u, c, f, signed); err != nil {
		return c, signed, err
	}
	c, err = k.Unwind(u, c)
	return c, signed, err
}

// ending are the acts that places with a part in the case have to hear of: they end it, or may.
var ending = []casefile.Act{
	casefile.ActDecide, casefile.ActDecline, casefile.ActWithdraw, casefile.ActDeliver, casefile.ActServe,
}

// Share tells those who have a part in a case how it went on, in the unit that takes the fact in. Only the coordinator tells: it
// alone knows who has a part.
func (k *Kit) Share(u *Unit, c casefile.Case, f casefile.Fact, signed proof.Signed) error {
	l, ok := c.Leg(f.Leg)
	if c.Coordinator != k.Me || !ok || l.Kind == item.Verify || f.By != l.Node || !slices.Contains(ending, f.Act) {
		return nil
	}
	d, _ := c.LegOf(item.Decide)
	for _, to := range c.Sharing(k.Me) {
		if to == d.Node { // who decides hears it by the ordinary way
			continue
		}
		if err := k.Tell(u, c, to, f.Leg, []proof.Signed{signed}, nil); err != nil {
			return err
		}
	}
	return nil
}

// Unwind adds what has to be stopped or undone here because the case came to nothing, and tells who leads.
func (k *Kit) Unwind(u *Unit, c casefile.Case) (casefile.Case, error) {
	next, step, ok := casefile.Unwind(c, k.Me, k.Now())
	if !ok {
		return c, nil
	}
	c, fact, err := k.Record(u, next, step, "clock")
	if err != nil {
		return c, err
	}
	return c, k.Tell(u, c, c.Coordinator, step.Leg, []proof.Signed{fact}, nil)
}

// moneyActs are the acts after which a charge may be another one, or none.
var moneyActs = []casefile.Act{
	casefile.ActAccept, casefile.ActDeemAccept, casefile.ActDecline, casefile.ActDecide, casefile.ActWithdraw,
}

// LookAtMoney makes the clock look at what was paid for a case, if its matter costs anything: what is no longer due goes back.
func (k *Kit) LookAtMoney(u *Unit, c casefile.Case, at time.Time) {
	v, err := k.Catalogue.VersionByDigest(c.Rule.Digest)
	if err == nil && v.Fee.Charged() {
		u.Due = append(u.Due, Due{Case: c.ID, Kind: DueFee, At: at})
	}
}

// Post signs an envelope and adds it to the unit's outbox.
func (k *Kit) Post(u *Unit, e exchange.Envelope) error {
	e.From = k.Me
	signed, err := k.Sign(exchange.TypEnvelope, e)
	if err != nil {
		return err
	}
	u.Out = append(u.Out, exchange.Parcel{
		ID: e.ID, To: e.To, Case: e.Case, Leg: e.Leg, Kind: e.Kind, Signed: signed, Files: e.Files, At: e.At,
	})
	u.Log = append(u.Log, accesslog.Entry{Kind: accesslog.Sent, At: e.At, Case: e.Case, Who: string(k.Me), What: e.ID})
	return nil
}

// Tell posts a notice of a signed fact, with the papers that the applicant should have, to the case's other node.
func (k *Kit) Tell(u *Unit, c casefile.Case, to office.NodeID, leg string, facts []proof.Signed, papers []proof.Signed) error {
	return k.TellPart(u, c, to, leg, facts, casefile.Offered{Papers: papers})
}

// TellPart is Tell with what a place answers for its part.
func (k *Kit) TellPart(u *Unit, c casefile.Case, to office.NodeID, leg string, facts []proof.Signed, in casefile.Offered) error {
	if to == k.Me || to == "" {
		return nil
	}
	body, err := proof.Marshal(in)
	if err != nil {
		return err
	}
	return k.Post(u, exchange.Envelope{
		ID: NewID(), To: to, Kind: exchange.Notice, Case: c.ID, Leg: leg, At: u.At, Facts: facts, Private: body,
	})
}

// Offers posts the offers of all legs that are on their way in now and were not in before.
func (k *Kit) Offers(u *Unit, before, now casefile.Case, facts []proof.Signed) error {
	for _, l := range now.Legs {
		if was, _ := before.Leg(l.Key); l.Transit == nil || was.Transit != nil {
			continue
		}
		if err := k.Offer(u, now, l.Key, facts, nil); err != nil {
			return err
		}
	}
	return nil
}

// Offer posts the offer of a leg. The case must already name the envelope in the leg's Transit.
func (k *Kit) Offer(u *Unit, c casefile.Case, leg string, facts, papers []proof.Signed) error {
	l, ok := c.Leg(leg)
	if !ok || l.Transit == nil {
		return errs.New(errs.NotAllowedNow, "%s %s is not offered", c.No, leg)
	}
	body, err := proof.Marshal(casefile.Offered{Case: c, Private: c.Private, Papers: papers})
	if err != nil {
		return err
	}
	var files []exchange.File
	for _, m := range c.Private.Materials {
		files = append(files, m.Files...)
	}
	return k.Post(u, exchange.Envelope{
		ID: l.Transit.Envelope, To: l.Transit.To, Kind: exchange.Offer, Case: c.ID, Leg: leg, At: u.At,
		Facts: facts, Private: body, Files: files,
	})
}

// Issue composes and signs a legal document and adds it to the unit.
func (k *Kit) Issue(u *Unit, c casefile.Case, kind document.Kind, data document.Data) (proof.Signed, error) {
	doc, err := document.Compose(kind, data)
	if err != nil {
		return proof.Signed{}, err
	}
	signed, err := proof.SignJSON(k.Signer, document.Typ, doc)
	if err != nil {
		return proof.Signed{}, err
	}
	u.Papers = append(u.Papers, PaperOf(c.ID, doc, signed, u.At))
	return signed, nil
}

// PaperOf is a signed document as the store keeps it.
func PaperOf(caseID string, doc document.Doc, signed proof.Signed, at time.Time) Paper {
	return Paper{
		ID: doc.ID, Case: caseID, Kind: string(doc.Kind), Title: doc.Title, Check: doc.Check, Number: doc.No,
		Signed: signed, At: at,
	}
}

// Woken calls Wake if there is one.
func (k *Kit) Woken() {
	if k.Wake != nil {
		k.Wake()
	}
}

// CaseForms are the blind index entries of a case: it is found by them.
func CaseForms(c casefile.Case) []party.Lookup {
	out := party.Lookups(c.Private.Applicant)
	if unit, ok := c.Unit(); ok {
		out = append(out, party.Lookup{Kind: party.ByNumber, Value: string(unit.USCC)})
	}
	return out
}

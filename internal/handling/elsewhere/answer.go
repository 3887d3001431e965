package elsewhere

import (
	"cmp"
	"context"
	"time"

	"tongban/internal/domain/accesslog"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/office"
	"tongban/internal/domain/party"
	"tongban/internal/domain/vouch"
	"tongban/internal/handling/unit"
	"tongban/internal/handling/usage"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/gm"
	"tongban/internal/kernel/throttle"
	"tongban/internal/proof"
)

// Store is what an answer needs of the node. Spend uses up a
// Bearer's id for all replicas: errs.Repeated if it was used. Commit is durable when it returns. Safe for concurrent use.
type Store interface {
	usage.Store
	Spend(ctx context.Context, id string, until, now time.Time) error
	Commit(ctx context.Context, u unit.Unit) error
}

// How often one person may ask, and one node. A person who turns a page again and again stays far below.
const (
	perPerson = 20  // a minute
	perNode   = 600 // a minute
)

// Answerer is the other side: it tells a bearer their own cases here.
type Answerer struct {
	kit    *unit.Kit
	key    gm.DecryptKey
	store  Store
	now    func() time.Time // security time
	people *throttle.Throttle
	nodes  *throttle.Throttle
	// Licences lists what a person holds here, at most most; nil: none.
	Licences func(ctx context.Context, who party.Person) ([]Licence, error)
	// Records gives the licences of a type that a person holds here, with the case each came from; nil: none.
	Records func(ctx context.Context, who party.Person, typeCode string) ([]Record, error)
}

// Record is a signed licence and the case that it came from, under which its use is logged.
type Record struct {
	Case   string
	Signed proof.Signed
}

// NewAnswerer makes the answering side of a node; now is security time.
func NewAnswerer(kit *unit.Kit, key gm.DecryptKey, store Store, now func() time.Time) *Answerer {
	return &Answerer{
		kit: kit, key: key, store: store, now: now,
		people: throttle.New(perPerson, time.Minute, now), nodes: throttle.New(perNode, time.Minute, now),
	}
}

// Receive answers one question of the node from. Nothing is looked up before the question, the asker and the provider's word
// are checked and the Bearer is used up; nothing is sent before the look is in the log (I5).
func (a *Answerer) Receive(ctx context.Context, from office.NodeID, body []byte) ([]byte, error) {
	if err := a.nodes.Take(string(from)); err != nil {
		return nil, err
	}
	q, err := a.open(from, body)
	if err != nil {
		return nil, err
	}
	now := a.now()
	bearer, err := vouch.OpenBearer(q.Bearer, a.kit.Trust(), vouch.Use{
		Me: a.kit.Me, From: from, Purpose: q.Want, Level: level, Now: now,
	})
	if err != nil {
		return nil, err
	}
	if err := a.people.Take(bearer.Subject); err != nil {
		return nil, err
	}
	if err := a.store.Spend(ctx, "bearer "+bearer.ID, bearer.Until.Add(vouch.Skew), now); errs.Is(err, errs.Repeated) {
		return nil, errs.New(errs.VouchSpent, "presented by %s", from)
	} else if err != nil {
		return nil, err
	}
	tell := a.look
	switch q.Want {
	case vouch.ForUsage:
		tell = a.told
	case vouch.ForLicences:
		tell = a.licences
	case vouch.ForCases, vouch.ForRecords:
	}
	if q.Want == vouch.ForRecords {
		tell = func(ctx context.Context, from office.NodeID, b vouch.Bearer) (answer, error) {
			return a.records(ctx, from, b, q.Type)
		}
	}
	got, err := tell(ctx, from, bearer)
	if err != nil {
		return nil, err
	}
	plain, err := proof.Marshal(got)
	if err != nil {
		return nil, err
	}
	h := head(newest, a.kit.Me, from)
	box, err := proof.EncryptWith(q.AnswerKey, plain, h)
	return append(h, box...), err
}

// open decrypts a question and checks that the node from signed it, for us and just now.
func (a *Answerer) open(from office.NodeID, body []byte) (question, error) {
	box, aad, err := unhead(body, from, a.kit.Me)
	if err != nil {
		return question{}, err
	}
	plain, err := proof.Unwrap(a.key, box, aad)
	if err != nil {
		return question{}, err
	}
	var signed proof.Signed
	if err := proof.Unmarshal(plain, &signed); err != nil {
		return question{}, err
	}
	n, err := a.kit.Trust().Check(signed, typQuestion)
	if err != nil {
		return question{}, err
	}
	var q question
	if err := signed.Into(&q); err != nil {
		return question{}, err
	}
	q.Want = cmp.Or(q.Want, vouch.ForCases)
	age := a.now().Sub(q.At)
	if !q.Want.Known() || n.ID != from || !n.ID.Member() || q.To != a.kit.Me || len(q.AnswerKey) != 16 || age > vouch.BearerLife || age < -vouch.Skew {
		return question{}, errs.New(errs.BadQuestion, "signed by %s, brought by %s", n.ID, from)
	}
	return q, nil
}

// look finds the bearer's own cases and logs that they were looked at, and from where.
func (a *Answerer) look(ctx context.Context, from office.NodeID, b vouch.Bearer) (answer, error) {
	found, err := a.store.Find(ctx, []party.Lookup{{Kind: party.ByNumber, Value: b.Person.IDNo}}, most+1)
	if err != nil {
		return answer{}, err
	}
	got := answer{Cases: []Case{}, More: len(found) > most}
	at := a.kit.Now().UTC().Truncate(time.Microsecond)
	entry := accesslog.Entry{Kind: accesslog.View, At: at, Who: "applicant", What: "elsewhere.cases", Reason: "asked at " + string(from)}
	u := unit.Unit{At: at}
	for _, c := range found[:min(len(found), most)] {
		if !c.Own(b.Person) {
			continue
		}
		got.Cases = append(got.Cases, a.line(c))
		entry.Case = c.ID
		u.Log = append(u.Log, entry)
	}
	if len(u.Log) == 0 {
		return got, nil // nothing of anybody was seen
	}
	return got, a.store.Commit(ctx, u)
}

// told is what the log here says about the bearer's own cases; that it was told is in the log first.
func (a *Answerer) told(ctx context.Context, from office.NodeID, b vouch.Bearer) (answer, error) {
	t, ids, err := usage.Of(ctx, a.store, b.Person)
	if err != nil || len(ids) == 0 {
		return answer{Cases: []Case{}, Usage: &t}, err
	}
	at := a.kit.Now().UTC().Truncate(time.Microsecond)
	u := unit.Unit{At: at}
	for _, id := range ids {
		u.Log = append(u.Log, accesslog.Entry{
			Kind: accesslog.View, At: at, Case: id, Who: "applicant", What: "elsewhere.usage", Reason: "asked at " + string(from),
		})
	}
	return answer{Cases: []Case{}, Usage: &t}, a.store.Commit(ctx, u)
}

// licences is what the bearer holds here; that it was told is in the log first.
func (a *Answerer) licences(ctx context.Context, from office.NodeID, b vouch.Bearer) (answer, error) {
	got := answer{Cases: []Case{}}
	if a.Licences == nil {
		return got, nil
	}
	list, err := a.Licences(ctx, b.Person)
	if err != nil || len(list) == 0 {
		return got, err
	}
	got.Licences, got.More = list[:min(len(list), most)], len(list) > most
	at := a.kit.Now().UTC().Truncate(time.Microsecond)
	return got, a.store.Commit(ctx, unit.Unit{At: at, Log: []accesslog.Entry{{
		Kind: accesslog.View, At: at, Who: "applicant", What: "elsewhere.licences", Reason: "asked at " + string(from),
	}}})
}

// records are the bearer's licences of a type, as signed; that each was given, and where to, is in the log first.
func (a *Answerer) records(ctx context.Context, from office.NodeID, b vouch.Bearer, typeCode string) (answer, error) {
	got := answer{Cases: []Case{}}
	if a.Records == nil {
		return got, nil
	}
	list, err := a.Records(ctx, b.Person, typeCode)
	if err != nil || len(list) == 0 {
		return got, err
	}
	got.More = len(list) > mostRecords
	at := a.kit.Now().UTC().Truncate(time.Microsecond)
	u := unit.Unit{At: at}
	for _, r := range list[:min(len(list), mostRecords)] {
		got.Records = append(got.Records, r.Signed)
		u.Log = append(u.Log, accesslog.Entry{
			Kind: accesslog.View, At: at, Case: r.Case, Who: string(from), What: Taken, Reason: "asked by the holder at " + string(from),
		})
	}
	return got, a.store.Commit(ctx, u)
}

// line is all that leaves the node about a case.
func (a *Answerer) line(c casefile.Case) Case {
	l := Case{
		No: c.No, Item: c.Item, Status: c.Status(), Lodged: c.Lodged, Updated: c.Last, KeptHere: c.Coordinator == a.kit.Me,
	}
	if s, ok := c.Holder(); ok {
		l.Holder, l.Office = s.Node, s.Office
	}
	if d, ok := c.Due(); ok && c.Closed.IsZero() {
		l.Until = d.On
	}
	return l
}

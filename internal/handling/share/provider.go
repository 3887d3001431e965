package share

import (
	"bytes"
	"context"
	"log/slog"
	"slices"
	"strconv"
	"sync"
	"time"

	"tongban/internal/domain/accesslog"
	"tongban/internal/domain/caseproof"
	"tongban/internal/domain/item"
	"tongban/internal/domain/office"
	"tongban/internal/domain/party"
	"tongban/internal/domain/question"
	"tongban/internal/domain/sharing"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/gm"
	"tongban/internal/kernel/throttle"
	"tongban/internal/kernel/workday"
	"tongban/internal/proof"
)

// QueryKind is the door of the channel at which questions arrive.
const QueryKind = "share"

const (
	mostBatch = 64 // questions of one message
	maxBatch  = mostBatch * question.MaxQuery
	// perNode is how many questions of one province are looked at in a minute, whatever agreements allow, so that one cannot drown
	// another.
	perNode = 60_000
	// patience is how long a source may take.
	patience = 2 * time.Second
)

// Source tells what an own resource holds about somebody, by the names of item.Evidence.Gives. errs.NoRecord if it holds nothing,
// any other error if it cannot be asked now. Safe for concurrent use.
type Source interface {
	Record(ctx context.Context, resource string, who party.Person) (record map[string]string, asOf time.Time, err error)
}

// Answers is where a provider keeps that it answered. Commit is durable when it returns and fails with errs.Repeated for a question
// that was answered before. Serial gives the next number under a name to whichever replica asks. Safe for concurrent use.
type Answers interface {
	Commit(ctx context.Context, u unit.Unit) error
	Serial(ctx context.Context, name string) (int64, error)
}

// Provider answers questions, after it has checked each by itself.
type Provider struct {
	ledger *Ledger
	key    gm.DecryptKey
	store  Answers
	source Source
	now    func() time.Time // security time
	nodes  *throttle.Throttle

	mu    sync.Mutex // guards heads
	heads map[proof.Hash]accesslog.Head
}

// NewProvider makes the answering side of a node; now is security time.
func NewProvider(l *Ledger, key gm.DecryptKey, store Answers, source Source, now func() time.Time) *Provider {
	return &Provider{
		ledger: l, key: key, store: store, source: source, now: now, nodes: throttle.New(perNode, time.Minute, now),
		heads: map[proof.Hash]accesslog.Head{},
	}
}

// batch is what the asking node encrypts for one provider: questions, each signed and judged on its own.
type batch struct {
	Queries []proof.Signed `json:"queries"`
	Key     []byte         `json:"key"` // 16 bytes, for the answers
}

// replies are the answers in the order of the questions, encrypted under the batch's key.
type replies struct {
	Answers []proof.Signed `json:"answers"`
}

// head says in the clear what form follows, between whom; it is authenticated with the rest.
func head(from, to office.NodeID) []byte {
	return append([]byte{'T', 'S', 1}, string(from)+"\n"+string(to)+"\n"...)
}

func unhead(b []byte, from, to office.NodeID, most int) (box, aad []byte, err error) {
	h := head(from, to)
	if len(b) > most || !bytes.HasPrefix(b, h) {
		return nil, nil, errs.New(errs.QueryUnreadable, "%d bytes from %.8q", len(b), from)
	}
	return b[len(h):], h, nil
}

// Receive answers the questions of the node from. Whatever is not allowed is refused by a signed answer with its code; what
// cannot be read as questions at all is an error.
func (p *Provider) Receive(ctx context.Context, from office.NodeID, body []byte) ([]byte, error) {
	me := p.ledger.Kit.Me
	box, aad, err := unhead(body, from, me, maxBatch)
	if err != nil {
		return nil, err
	}
	if err := p.nodes.Take(string(from)); err != nil {
		return nil, err
	}
	plain, err := proof.Unwrap(p.key, box, aad)
	if err != nil {
		return nil, err
	}
	var in batch
	if err := proof.Unmarshal(plain, &in); err != nil {
		return nil, err
	}
	if len(in.Queries) == 0 || len(in.Queries) > mostBatch || len(in.Key) != 16 {
		return nil, errs.New(errs.QueryUnreadable, "%d questions from %s", len(in.Queries), from)
	}
	if err := p.nodes.TakeN(string(from), len(in.Queries)-1); err != nil {
		return nil, err
	}
	out := replies{Answers: make([]proof.Signed, len(in.Queries))}
	failed := make([]error, len(in.Queries))
	var wg sync.WaitGroup
	for i, s := range in.Queries {
		wg.Go(func() { out.Answers[i], failed[i] = p.answer(ctx, from, s) })
	}
	wg.Wait()
	if !slices.Contains(failed, nil) {
		return nil, failed[0]
	}
	for i, err := range failed {
		if err != nil { // nothing leaves that is not in the log; the others' answers do
			out.Answers[i] = proof.Signed{}
		}
	}
	if plain, err = proof.Marshal(out); err != nil {
		return nil, err
	}
	h := head(me, from)
	sealed, err := proof.EncryptWith(in.Key, plain, h)
	return append(h, sealed...), err
}

// answer judges one question, commits what was done with it, and gives the signed answer. An error means that nothing was
// committed.
func (p *Provider) answer(ctx context.Context, from office.NodeID, s proof.Signed) (proof.Signed, error) {
	j := p.judge()
	q, record, asOf, why := p.decide(ctx, j, s, from)
	if why != nil && (errs.KindOf(why) == errs.Internal || errs.Is(why, errs.TryLater)) {
		return proof.Signed{}, why
	}
	at := p.ledger.now()
	a := question.Answer{Question: s.Hash(), From: j.Me, To: from, At: at, AsOf: asOf}
	u := unit.Unit{At: at}
	if why == nil {
		a.Fill(q, record)
		u.Answered = &unit.Answered{Asker: from, ID: q.Number, Case: q.ID, No: q.No, Item: q.Item, Subject: q.Subject, Question: a.Question, Resource: q.Resource, Fields: q.Asked()}
	}
	signed, err := p.commit(ctx, u, a, q, why)
	if errs.Is(err, errs.Repeated) {
		a.Values, a.Checks, a.AsOf = nil, nil, time.Time{}
		return p.commit(ctx, unit.Unit{At: at}, a, q, errs.New(errs.QueryRepeated, "%s of %s", q.Number, from))
	}
	return signed, err
}

// commit puts the entry into the unit, signs the answer that promises it, and stores the unit. Only then may the answer leave (I5).
func (p *Provider) commit(ctx context.Context, u unit.Unit, a question.Answer, q question.Query, why error) (proof.Signed, error) {
	e := accesslog.Entry{
		Kind: accesslog.Data, At: u.At, Case: q.ID, Who: q.Officer, Office: q.Office, What: "answer " + q.Resource, Fact: a.Question,
		Fields: q.Asked(), Basis: q.Basis,
	}
	if why != nil {
		code := errs.CodeOf(why)
		a.Refused = uint32(code)
		e.What, e.Reason = "refuse "+q.Resource, strconv.Itoa(int(code))
	}
	if q.Number == "" { // nothing of it is to be believed, not even which case it names
		e.Case, e.Who, e.Office, e.What, e.Fields, e.Basis = "", string(a.To), "", "refuse", nil, ""
	}
	leaf, err := e.Leaf()
	if err != nil {
		return proof.Signed{}, err
	}
	a.Entry = accesslog.LeafHash(leaf)
	u.Log = []accesslog.Entry{e}
	signed, err := p.ledger.Kit.Sign(question.TypAnswer, a)
	if err != nil {
		return proof.Signed{}, err
	}
	return signed, p.store.Commit(ctx, u)
}

// decide judges a question and asks the source; an error says why there is no answer. The query is empty unless its signature held.
func (p *Provider) decide(ctx context.Context, j question.Judge, s proof.Signed, from office.NodeID) (q question.Query, record map[string]string, asOf time.Time, err error) {
	if q, err = j.OpenQuery(s, from); err != nil {
		return q, nil, asOf, err
	}
	g, err := j.May(q)
	if err != nil {
		return q, nil, asOf, err
	}
	// One number for each question of an asker about a resource in a day; numbers that a restart skips are lost to the asker.
	n, err := p.store.Serial(ctx, "share-"+string(from)+"-"+q.Resource+"-"+p.ledger.today().String())
	if err != nil {
		return q, nil, asOf, err
	}
	if n > int64(g.PerDay) {
		return q, nil, asOf, errs.New(errs.QuotaUsed, "%s asked %d times for %s", from, n, q.Resource)
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	record, asOf, err = p.source.Record(ctx, q.Resource, q.Subject)
	for name := range q.Checks {
		if _, holds := record[name]; err == nil && !holds { // "differs" would be a lie
			err = errs.New(errs.SourceUnfit, "%s does not hold %.40q", q.Resource, name)
		}
	}
	if err != nil && !errs.Is(err, errs.NoRecord) {
		if p.ledger.Log != nil { // the asker is told that there is no answer now, and not why
			p.ledger.Log.LogAttrs(ctx, slog.LevelWarn, "source did not answer", slog.String("resource", q.Resource), slog.String("error", err.Error()))
		}
		err = errs.Wrap(errs.SourceDown, err, "%s", q.Resource)
	}
	if asOf.After(p.ledger.Kit.Now().Add(time.Hour)) || err != nil {
		asOf = time.Time{}
	}
	return q, record, asOf.UTC(), err
}

func (p *Provider) judge() question.Judge {
	kit := p.ledger.Kit
	day := workday.DateOf(kit.Now())
	trust := kit.Trust()
	return question.Judge{
		Me: kit.Me,
		Terms: caseproof.Terms{Trust: trust, Now: p.now(), Witnessed: func(x accesslog.Extract) (accesslog.Head, error) {
			return p.witnessed(x, trust)
		}},
		Grant: func(asker office.NodeID, resource, code string) (g sharing.Grant, x sharing.Text, ok bool) {
			p.ledger.Look(func(b *sharing.Book) { g, x, ok = b.GrantFor(kit.Me, asker, resource, code, day) })
			return g, x, ok
		},
		Names: func(resource, code string, st caseproof.Status) ([]string, bool) {
			source, ok := p.ledger.source(kit.Me, resource, day)
			if !ok {
				return nil, false
			}
			v, err := kit.Catalogue.Pinned(st.Rule.Digest, st.Rule.Pins)
			if err != nil || v.Item != code {
				return nil, true // a rule that is not known here names nothing
			}
			return sharing.Named(v, source), true
		},
	}
}

// headsMax bounds the heads remembered.
const headsMax = 4096

// witnessed is accesslog.Extract.Check, with memory: a head that held, with exactly these witnesses, is not verified again as long as
// the trust list is the same.
func (p *Provider) witnessed(x accesslog.Extract, trust *office.TrustList) (accesslog.Head, error) {
	key, err := proof.Marshal(struct {
		Head, List any
		Version    int
	}{x.Head, x.Witnesses, trust.Version})
	if err != nil {
		return accesslog.Head{}, err
	}
	id := proof.HashOf(key)
	p.mu.Lock()
	h, ok := p.heads[id]
	p.mu.Unlock()
	if ok {
		for _, l := range x.Lines {
			if l.Index >= 0 {
				if err := h.CheckEntry(l.Index, []byte(l.Leaf), l.Path); err != nil {
					return h, err
				}
			}
		}
		return h, nil
	}
	proved, err := x.Check(trust)
	if err != nil {
		return proved.Head, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.heads) >= headsMax {
		clear(p.heads)
	}
	p.heads[id] = proved.Head
	return proved.Head, nil
}

// source is the kind of evidence that an offered resource gives.
func (l *Ledger) source(owner office.NodeID, key string, day workday.Date) (item.Evidence, bool) {
	offered, source := false, ""
	l.Look(func(b *sharing.Book) {
		r, ok := b.Resource(owner, key)
		offered, source = ok && r.Offered(day), r.Source
	})
	if !offered {
		return item.Evidence{}, false
	}
	for _, e := range l.Kit.Catalogue.Evidence() {
		if e.Key == source {
			return e, true
		}
	}
	return item.Evidence{}, false
}

package handover_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"time"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/challenge"
	"tongban/internal/domain/complaint"
	"tongban/internal/domain/exchange"
	"tongban/internal/domain/inquiry"
	"tongban/internal/domain/licence"
	"tongban/internal/domain/message"
	"tongban/internal/domain/office"
	"tongban/internal/domain/original"
	"tongban/internal/domain/rating"
	"tongban/internal/domain/watch"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
)

// errCrash is what a commit says when the process ends in it: the caller does not know whether it took place.
var errCrash = errors.New("the process ended")

// store is a node's database in maps, with the promises of unit.Unit. It can be told to end before or after a commit.
type store struct {
	mu         sync.Mutex // guards all below
	cases      map[string]row
	before     map[string]row // the version before
	facts      map[string][]casefile.Known
	papers     []unit.Paper
	messages   map[string][]message.Message
	ratings    map[string][]rating.Rating
	asked      map[string]inquiry.Inquiry
	complaints []complaint.Complaint
	orders     map[string][]watch.Filed
	outbox     map[string]*waiting
	inbox      map[inKey]exchange.Arrival
	due        map[string]time.Time
	log        int
	serials    map[string]int64
	commits    int
	crashAt    int // which commit, from 1; 0: none
	afterIt    bool
	whatever   func() // called inside the next commit, before it is checked: what another replica does meanwhile
}

type row struct {
	version       int64
	text, private []byte
}

type waiting struct {
	exchange.Parcel
	next    time.Time
	settled *exchange.Settlement
}

type inKey struct {
	from office.NodeID
	id   string
}

func newStore() *store {
	return &store{
		cases: map[string]row{}, before: map[string]row{}, facts: map[string][]casefile.Known{}, messages: map[string][]message.Message{}, ratings: map[string][]rating.Rating{}, asked: map[string]inquiry.Inquiry{}, orders: map[string][]watch.Filed{}, outbox: map[string]*waiting{},
		inbox: map[inKey]exchange.Arrival{}, due: map[string]time.Time{}, serials: map[string]int64{},
	}
}

// Case gives a copy that shares no memory with what is stored.
func (s *store) Case(_ context.Context, id string) (casefile.Case, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, ok := s.cases[id]
	if !ok {
		return casefile.Case{}, errs.New(errs.Missing, "case %s", id)
	}
	return r.decode()
}

// Recent remembers badly: it always gives the version before the one that is stored, as if another replica had changed it
// in between.
func (s *store) Recent(id string) (casefile.Case, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, ok := s.before[id]
	if !ok {
		return casefile.Case{}, false
	}
	c, err := r.decode()
	return c, err == nil
}

func (s *store) RecentFacts(id string, version int64) ([]casefile.Known, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.facts[id]), s.cases[id].version == version
}

func (r row) decode() (casefile.Case, error) {
	var c casefile.Case
	if err := errors.Join(json.Unmarshal(r.text, &c), json.Unmarshal(r.private, &c.Private)); err != nil {
		return casefile.Case{}, err
	}
	c.Row = r.version
	return c, nil
}

func (s *store) Facts(_ context.Context, id string) ([]casefile.Known, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.facts[id]), nil
}

func (s *store) Messages(_ context.Context, id string) ([]message.Message, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.messages[id]), nil
}

func (s *store) Ratings(_ context.Context, id string) ([]rating.Rating, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.ratings[id]), nil
}

func (s *store) Orders(_ context.Context, id string) ([]watch.Filed, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.orders[id]), nil
}

func (s *store) Complaints(context.Context, string) ([]complaint.Complaint, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.complaints), nil
}

func (s *store) Serial(_ context.Context, name string) (int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.serials[name]++
	return s.serials[name], nil
}

func (s *store) Arrival(_ context.Context, from office.NodeID, id string) (exchange.Arrival, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, ok := s.inbox[inKey{from, id}]
	return a, ok, nil
}

// Cases is Case for many; what is not there is left out.
func (s *store) Cases(ctx context.Context, ids []string) (map[string]casefile.Case, error) {
	out := map[string]casefile.Case{}
	for _, id := range ids {
		c, err := s.Case(ctx, id)
		if errs.Is(err, errs.Missing) {
			continue
		}
		if err != nil {
			return nil, err
		}
		out[id] = c
	}
	return out, nil
}

func (s *store) Parcel(_ context.Context, id string) (exchange.Parcel, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p, ok := s.outbox[id]; ok {
		return p.Parcel, nil
	}
	return exchange.Parcel{}, errs.New(errs.Missing, "parcel %s", id)
}

func (s *store) Sent(_ context.Context, id string) (exchange.Parcel, *exchange.Settlement, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p, ok := s.outbox[id]; ok {
		return p.Parcel, p.settled, nil
	}
	return exchange.Parcel{}, nil, errs.New(errs.Missing, "parcel %s", id)
}

func (s *store) Parcels(_ context.Context, now time.Time, lease time.Duration, n int) ([]exchange.Parcel, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []exchange.Parcel
	for _, p := range s.open() {
		if len(out) < n && !p.next.After(now) {
			p.next = now.Add(lease)
			out = append(out, p.Parcel)
		}
	}
	return out, nil
}

// open lists what waits for a receipt, the oldest first.
func (s *store) open() []*waiting {
	var out []*waiting
	for _, p := range s.outbox {
		if p.settled == nil {
			out = append(out, p)
		}
	}
	slices.SortFunc(out, func(a, b *waiting) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID)) })
	return out
}

func (s *store) Postpone(_ context.Context, ids []string, until time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range ids {
		s.outbox[id].next, s.outbox[id].Tries = until, s.outbox[id].Tries+1
	}
	return nil
}

// Commit stores all of a unit or nothing.
func (s *store) Commit(_ context.Context, u unit.Unit) error {
	s.mu.Lock()
	meanwhile := s.whatever
	s.whatever = nil
	s.mu.Unlock()
	if meanwhile != nil {
		meanwhile()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.refuse(u); err != nil {
		return err
	}
	s.commits++
	crash := s.commits == s.crashAt
	if crash && !s.afterIt {
		return errCrash
	}
	if err := s.apply(u); err != nil {
		return err
	}
	if crash {
		return errCrash
	}
	return nil
}

func (s *store) refuse(u unit.Unit) error {
	if c := u.Case; c != nil {
		switch r, there := s.cases[c.ID]; {
		case c.Row == 0 && there:
			return errs.New(errs.CaseExists, "case %s", c.ID)
		case c.Row != r.version:
			return errs.New(errs.Stale, "case %s: %d, is %d", c.ID, c.Row, r.version)
		}
	}
	if u.In != nil {
		if _, there := s.inbox[inKey{u.In.From, u.In.ID}]; there {
			return errs.New(errs.Repeated, "envelope %s", u.In.ID)
		}
	}
	for _, p := range u.Papers {
		if p.Kind == licence.Typ && u.In == nil && slices.ContainsFunc(s.papers, func(o unit.Paper) bool { return o.Kind == p.Kind && o.Number == p.Number }) {
			return errs.New(errs.Duplicate, "licence %s", p.Number)
		}
	}
	return nil
}

func (s *store) apply(u unit.Unit) error {
	if c := u.Case; c != nil {
		text, err := json.Marshal(c)
		if err != nil {
			return err
		}
		private, err := json.Marshal(c.Private)
		if err != nil {
			return err
		}
		if was, ok := s.cases[c.ID]; ok {
			s.before[c.ID] = was
		}
		s.cases[c.ID] = row{c.Row + 1, text, private}
	}
	for _, k := range u.Facts {
		if !slices.ContainsFunc(s.facts[k.Case], func(o casefile.Known) bool { return o.Hash == k.Hash }) {
			s.facts[k.Case] = append(s.facts[k.Case], k)
		}
	}
	s.papers = append(s.papers, u.Papers...)
	for _, m := range u.Messages {
		s.messages[m.Case] = append(s.messages[m.Case], m)
	}
	for _, f := range u.Orders {
		s.orders[f.Order.Case] = append(s.orders[f.Order.Case], f)
	}
	s.complaints = append(s.complaints, u.Complaints...)
	for _, r := range u.Ratings {
		s.ratings[r.Case] = append(s.ratings[r.Case], r)
	}
	for _, q := range u.Inquiries {
		q.Row++
		s.asked[q.ID] = q
	}
	for _, p := range u.Out {
		s.outbox[p.ID] = &waiting{Parcel: p, next: p.At}
	}
	if u.In != nil {
		s.inbox[inKey{u.In.From, u.In.ID}] = *u.In
	}
	for _, x := range u.Settled {
		if p := s.outbox[x.Parcel]; p.settled == nil {
			p.settled = &x
		}
	}
	for _, d := range u.Due {
		if s.due[d.Case+d.Kind] = d.At; d.At.IsZero() {
			delete(s.due, d.Case+d.Kind)
		}
	}
	s.log += len(u.Log)
	return nil
}

// Originals: no case of these tests has papers out.
func (s *store) Originals(_ context.Context, id string) (original.Chain, error) {
	return original.Chain{Case: id}, nil
}

func (s *store) Inquiry(_ context.Context, id string) (inquiry.Inquiry, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q, ok := s.asked[id]
	if !ok {
		return q, errs.New(errs.Missing, "inquiry %s", id)
	}
	return q, nil
}

func (s *store) Answered(_ context.Context, _ office.NodeID, id string) (unit.Answered, error) {
	return unit.Answered{}, errs.New(errs.Missing, "answer %s", id) // nothing is told in this world
}

func (s *store) Challenge(_ context.Context, id string) (challenge.Challenge, error) {
	return challenge.Challenge{}, errs.New(errs.Missing, "objection %s", id)
}

func (s *store) Challenges(context.Context, string) ([]challenge.Challenge, error) { return nil, nil }

func (s *store) FoundOf(context.Context, string) ([]unit.Found, error) { return nil, nil }

func (s *store) DeletedOf(context.Context, string) ([]unit.Erased, error) { return nil, nil }

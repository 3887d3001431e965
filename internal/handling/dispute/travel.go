package dispute

import (
	"context"
	"slices"
	"time"

	"tongban/internal/domain/accesslog"
	"tongban/internal/domain/figure"
	"tongban/internal/domain/objection"
	"tongban/internal/domain/office"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/proof"
)

// Kind is that of the channel's messages with objections.
const Kind = "objections"

// news is what a province and the hub tell each other: which words each has that concern the province, and words that the other lacks.
// What counts are the signatures inside.
type news struct {
	Have  []string       `json:"have"` // objection.Word.Key
	Words []proof.Signed `json:"words,omitempty"`
}

// Bounds of one message, and of the rounds of one meeting.
const (
	mostWords = 64
	mostHave  = 20000
	mostTurns = 32
	mostOwn   = 5000 // words of one province at the hub
)

func readNews(body []byte) (in news, err error) {
	if err = proof.Unmarshal(body, &in); err == nil && (len(in.Words) > mostWords || len(in.Have) > mostHave) {
		err = errs.New(errs.BadContest, "%d words, %d keys", len(in.Words), len(in.Have))
	}
	return in, err
}

// concerns reports whether a word is a province's business.
func concerns(w objection.Word, id office.NodeID) bool { return w.From == id || w.Of == id }

// tell says what is here of a province's objections, and what of it the other lacks.
func tell(list []unit.Objected, id office.NodeID, lacks func(key string) bool) news {
	out := news{Have: []string{}}
	for _, x := range list {
		if !concerns(x.Word, id) {
			continue
		}
		key := x.Word.Key()
		out.Have = append(out.Have, key)
		if len(out.Words) < mostWords && lacks(key) {
			out.Words = append(out.Words, x.Signed)
		}
	}
	return out
}

// book takes words in: one that is here already changes nothing, another one under the same name is refused, whoever signed it.
type book struct {
	store Store
	trust *office.TrustList
	terms *figure.Book
	now   time.Time
}

func (b book) take(ctx context.Context, s proof.Signed, from, about office.NodeID) (fresh bool, err error) {
	w, err := objection.Open(s, b.trust, b.terms, b.now)
	if err != nil {
		return false, err
	}
	if !concerns(w, about) {
		return false, errs.New(errs.BadContest, "%s is no business of %s", w.ID, about)
	}
	at := b.now.UTC().Truncate(time.Microsecond)
	err = b.store.Commit(ctx, unit.Unit{At: at, Objected: []unit.Objected{{Word: w, Signed: s}}, Log: []accesslog.Entry{
		{Kind: accesslog.Term, At: at, Who: string(from), What: "take objection." + string(w.Act), Reason: w.ID, Fact: s.Hash()},
	}})
	if errs.Is(err, errs.Repeated) {
		return false, nil
	}
	return err == nil, err
}

// Round brings this province and the hub to the same knowledge of its objections, and gives the number of words that came. One that
// does not hold is left out; the others come.
func (d *Desk) Round(ctx context.Context) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	came := 0
	for range mostTurns {
		list, err := d.Store.Words(ctx)
		if err != nil {
			return came, err
		}
		out := tell(list, d.Kit.Me, func(key string) bool { return d.hub != nil && !d.hub[key] })
		body, err := proof.Marshal(out)
		if err != nil {
			return came, err
		}
		raw, err := d.Ask(ctx, office.Hub, body)
		if err != nil {
			return came, err
		}
		in, err := readNews(raw)
		if err != nil {
			return came, err
		}
		d.hub = map[string]bool{}
		for _, key := range in.Have {
			d.hub[key] = true
		}
		fresh, err := d.takeAll(ctx, in.Words)
		came += fresh
		if err != nil {
			return came, err
		}
		lacking := slices.ContainsFunc(out.Have, func(key string) bool { return !d.hub[key] })
		if fresh == 0 && (!lacking || len(out.Words) > 0) { // what the hub did not take it does not take
			return came, nil
		}
	}
	return came, nil
}

func (d *Desk) takeAll(ctx context.Context, words []proof.Signed) (fresh int, err error) {
	b := book{d.Store, d.Kit.Trust(), d.Book, d.Kit.Now()}
	for _, s := range words {
		ok, err := b.take(ctx, s, office.Hub, d.Kit.Me)
		switch {
		case err != nil && (errs.KindOf(err) == errs.Internal || errs.KindOf(err) == errs.Unavailable):
			return fresh, err
		case ok:
			fresh++
		}
	}
	return fresh, nil
}

// Relay is the hub's side: it holds the words of all and gives each province its own. Safe for concurrent use.
type Relay struct {
	Trust func() *office.TrustList
	Now   func() time.Time
	Book  *figure.Book
	Store Store
}

// Receive takes words in and answers with what the asking province lacks: errs.BadContest for a message that is none.
func (r *Relay) Receive(ctx context.Context, from office.NodeID, body []byte) ([]byte, error) {
	in, err := readNews(body)
	if err != nil {
		return nil, err
	}
	have, err := r.Store.Words(ctx)
	if err != nil {
		return nil, err
	}
	own := len(in.Words)
	for _, x := range have {
		if x.Word.By == from {
			own++
		}
	}
	if own > mostOwn {
		return nil, errs.New(errs.TooMany, "%d words of %s", own, from)
	}
	b := book{r.Store, r.Trust(), r.Book, r.Now()}
	for _, s := range in.Words {
		if _, err := b.take(ctx, s, from, from); err != nil && errs.KindOf(err) == errs.Internal {
			return nil, err
		}
	}
	list := have
	if len(in.Words) > 0 {
		if list, err = r.Store.Words(ctx); err != nil {
			return nil, err
		}
	}
	return proof.Marshal(tell(list, from, func(key string) bool { return !slices.Contains(in.Have, key) }))
}

// Objections are all that are known.
func (r *Relay) Objections(ctx context.Context) ([]objection.Objection, error) {
	return gathered(ctx, r.Store)
}

// Contested are the signed words of open objections to figures of a month, oldest first.
func Contested(ctx context.Context, store Store, month int) ([]proof.Signed, error) {
	open, err := gathered(ctx, store)
	if err != nil {
		return nil, err
	}
	live := map[string]bool{}
	for _, o := range open {
		live[o.ID] = o.Month == month && !o.Settled()
	}
	list, err := store.Words(ctx)
	var out []proof.Signed
	for _, x := range list {
		if live[x.Word.ID] {
			out = append(out, x.Signed)
		}
	}
	return out, err
}

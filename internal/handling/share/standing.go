package share

import (
	"context"
	"slices"
	"time"

	"tongban/internal/domain/accesslog"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/caseproof"
	"tongban/internal/domain/exchange"
	"tongban/internal/domain/office"
	"tongban/internal/domain/question"
	"tongban/internal/domain/vouch"
	"tongban/internal/handling/unit"
	"tongban/internal/handling/usage"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/throttle"
	"tongban/internal/proof"
)

// StandingKind is the door of the channel at which a coordinator is asked how a case stands.
const StandingKind = "share-case"

// Files is what a coordinator reads to say how a case stands.
type Files interface {
	usage.Store
	Case(ctx context.Context, id string) (casefile.Case, error)
	Facts(ctx context.Context, caseID string) ([]casefile.Known, error)
	FirstLines(ctx context.Context, caseID string, limit int) ([]accesslog.Line, error)
	ParcelsOf(ctx context.Context, caseID string, f func(exchange.Parcel, *exchange.Settlement) error) error
	ShareConsents(ctx context.Context, caseID string) ([]unit.ShareConsent, error)
	Commit(ctx context.Context, u unit.Unit) error
}

// Coordinator tells the node that holds a case what it needs to prove it to a provider.
type Coordinator struct {
	kit   *unit.Kit
	store Files
	now   func() time.Time // security time
	nodes *throttle.Throttle
}

// NewCoordinator makes that side of a node; now is security time.
func NewCoordinator(kit *unit.Kit, store Files, now func() time.Time) *Coordinator {
	return &Coordinator{kit: kit, store: store, now: now, nodes: throttle.New(perNode, time.Minute, now)}
}

// vouched is a case's standing with what the applicant agreed to.
type vouched struct {
	caseproof.Standing
	Consents []unit.ShareConsent `json:"consents"`
}

// firstMost is how many of a case's first entries are looked through for its opening.
const firstMost = 8

// Receive answers who holds a case; nobody else is told that there is one. The answer is encrypted for that node, so that it does not
// matter who brought the question.
func (c *Coordinator) Receive(ctx context.Context, from office.NodeID, body []byte) ([]byte, error) {
	if err := c.nodes.Take(string(from)); err != nil {
		return nil, err
	}
	var in struct {
		Case string `json:"case"`
	}
	if len(body) > 256 {
		return nil, errs.New(errs.QueryUnreadable, "%d bytes from %s", len(body), from)
	}
	if err := proof.Unmarshal(body, &in); err != nil {
		return nil, err
	}
	n, ok := c.kit.Trust().Node(from)
	if !ok || !from.Member() {
		return nil, errs.New(errs.UnknownNode, "%.8q", from)
	}
	v, err := c.vouch(ctx, in.Case, from)
	if err != nil {
		return nil, err
	}
	at := c.kit.Now().UTC().Truncate(time.Microsecond)
	if err := c.store.Commit(ctx, unit.Unit{At: at, Log: []accesslog.Entry{
		{Kind: accesslog.View, At: at, Case: in.Case, Who: string(from), What: "share.standing", Reason: "holds it"},
	}}); err != nil {
		return nil, err
	}
	plain, err := proof.Marshal(v)
	if err != nil {
		return nil, err
	}
	h := head(c.kit.Me, from)
	box, err := proof.Wrap(n.Encrypt, plain, h)
	return append(h, box...), err
}

// vouch says how a case stands, to who holds it or a part of it and to nobody else. errs.Missing for anything else; errs.NoCaseProof while the opening is too new to be
// witnessed.
func (c *Coordinator) vouch(ctx context.Context, id string, holder office.NodeID) (vouched, error) {
	file, err := c.store.Case(ctx, id)
	if err != nil {
		return vouched{}, err
	}
	if file.Coordinator != c.kit.Me || !file.With(holder) {
		return vouched{}, errs.New(errs.Missing, "case %.40q of %s", id, holder)
	}
	facts, err := c.store.Facts(ctx, id)
	if err != nil {
		return vouched{}, err
	}
	i := slices.IndexFunc(facts, func(k casefile.Known) bool { return k.Fact.Act == casefile.ActLodge && k.Fact.By == c.kit.Me })
	if i < 0 {
		return vouched{}, errs.New(errs.Missing, "opening of %s", id)
	}
	opening := facts[i]
	v := vouched{Standing: caseproof.Standing{Opening: opening.Signed, Salt: caseproof.NewSalt()}}
	if v.Log, err = c.shown(ctx, id, opening.Hash); err != nil {
		return v, err
	}
	st := caseproof.Status{
		Case: id, Node: c.kit.Me, Opening: opening.Hash, Holder: holder, Rule: file.Rule,
		Subject: caseproof.SubjectHash(v.Salt, string(file.Private.Applicant.IDType), file.Private.Applicant.IDNo), At: c.now().UTC().Truncate(time.Microsecond),
	}
	if holder != c.kit.Me {
		if st.Receipt, err = c.receipt(ctx, id, holder); err != nil {
			return v, err
		}
	}
	if v.Status, err = c.kit.Sign(caseproof.TypStatus, st); err != nil {
		return v, err
	}
	v.Consents, err = c.store.ShareConsents(ctx, id)
	return v, err
}

// receipt is the hash of the last receipt by which a node said that it holds the case.
func (c *Coordinator) receipt(ctx context.Context, id string, holder office.NodeID) (proof.Hash, error) {
	var last proof.Hash
	err := c.store.ParcelsOf(ctx, id, func(_ exchange.Parcel, s *exchange.Settlement) error {
		var r exchange.Receipt
		if s != nil && s.Receipt.Into(&r) == nil && r.From == holder && r.Kind == exchange.Offer && r.Status == exchange.Held {
			last = s.Receipt.Hash()
		}
		return nil
	})
	if err == nil && last.IsZero() {
		err = errs.New(errs.Missing, "receipt of %s", holder)
	}
	return last, err
}

// shown is the entry of the opening under the newest head that enough others signed.
func (c *Coordinator) shown(ctx context.Context, id string, opening proof.Hash) (accesslog.Extract, error) {
	x := accesslog.Extract{Kind: accesslog.ExtractKind}
	lines, err := c.store.FirstLines(ctx, id, firstMost)
	if err != nil {
		return x, err
	}
	size, err := c.store.Witnessed(ctx, accesslog.Quorum)
	if err != nil {
		return x, err
	}
	for _, l := range lines {
		e, err := l.Entry()
		if err != nil || e.Fact != opening || l.Index >= size {
			continue
		}
		if x.Head, _, err = c.store.HeadAt(ctx, size); err != nil {
			return x, err
		}
		if x.Witnesses, err = c.store.WitnessesOf(ctx, size); err != nil {
			return x, err
		}
		paths, err := accesslog.ProveEntries(ctx, size, []int64{l.Index}, c.store.Hashes)
		if err != nil {
			return x, err
		}
		l.Path = paths[0]
		x.Lines = []accesslog.Line{l}
		return x, nil
	}
	return x, errs.New(errs.NoCaseProof, "the opening of %s is not witnessed yet", id)
}

// Consent keeps what the applicant agreed to for a case that is coordinated here. What it says is judged by who is asked. Errors: those
// of vouch.OpenConsent for a signature that is not the applicant's.
func (c *Coordinator) Consent(ctx context.Context, file casefile.Case, r question.Request, signed proof.Signed) error {
	body, what, err := r.Agreement()
	if err != nil {
		return err
	}
	// The applicant's own, for it is of them that is asked: an agent's or a colleague's would stand in the way of theirs.
	if _, err := vouch.OpenConsent(signed, c.kit.Trust(), what, c.kit.Me, file.Private.Applicant, question.Level); err != nil {
		return err
	}
	at := c.kit.Now().UTC().Truncate(time.Microsecond)
	return c.store.Commit(ctx, unit.Unit{At: at, Agreed: &unit.ShareConsent{Case: file.ID, Request: body, Signed: signed}, Log: []accesslog.Entry{
		{Kind: accesslog.Act, At: at, Case: file.ID, Who: file.Visitor(), What: "share-consent"},
	}})
}

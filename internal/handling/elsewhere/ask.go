package elsewhere

import (
	"cmp"
	"context"
	"crypto/rand"
	"slices"
	"sync"
	"time"

	"tongban/internal/domain/accesslog"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/licence"
	"tongban/internal/domain/office"
	"tongban/internal/domain/vouch"
	"tongban/internal/handling/usage"
	"tongban/internal/kernel/errs"
	"tongban/internal/proof"
)

// Provider makes Bearers for whoever holds the grant of a sign-in: one for each node named, which it may leave out.
// errs.RoamEnded if the grant is over, errs.ProviderDown if nobody answers. Safe for concurrent use.
type Provider interface {
	Bearers(ctx context.Context, grant string, purpose vouch.Purpose, to []office.NodeID) (map[office.NodeID]proof.Signed, error)
}

// Channel puts one question to another node and brings the answer; see handover.Channel.
type Channel interface {
	Ask(ctx context.Context, to office.NodeID, body []byte) (answer []byte, err error)
}

// patience is how long one province may take. Who is slower is named as missing, and the page is shown.
const patience = time.Second

// Asker asks all other provinces in the name of somebody who is signed in here.
type Asker struct {
	Me       office.NodeID
	Signer   *proof.Signer
	Trust    func() *office.TrustList
	Channel  Channel
	Provider Provider
	Now      func() time.Time // security time
	Patience time.Duration    // 0 is one second
}

// Found is what the other provinces said.
type Found struct {
	Cases   []Case          // newest first; one line a case, from who knows it best
	More    []office.NodeID // these have older cases that they did not list
	Missing []office.NodeID // these did not answer
}

// Cases asks every other member of the trust list at the same time and waits for the slowest, a second at most. If the
// provider makes no Bearers, nobody was asked: all are Missing and the error says why (errs.RoamEnded, errs.ProviderDown).
func (a *Asker) Cases(ctx context.Context, grant string) (Found, error) {
	others, answers, err := a.all(ctx, grant, vouch.ForCases, nil)
	if err != nil {
		return Found{Missing: others}, err
	}
	return gathered(others, answers), nil
}

// Licences asks what somebody holds at the other provinces, like Cases. Who did not answer is missing.
func (a *Asker) Licences(ctx context.Context, grant string) (held []Licence, missing []office.NodeID, err error) {
	others, answers, err := a.all(ctx, grant, vouch.ForLicences, nil)
	if err != nil {
		return nil, others, err
	}
	for i, got := range answers {
		if got == nil {
			missing = append(missing, others[i])
			continue
		}
		for _, l := range got.Licences {
			l.Node = others[i]
			held = append(held, l)
		}
	}
	return held, missing, nil
}

// Held is a licence of somebody who asked for it to be used, as its issuer signed it.
type Held struct {
	Record licence.Licence
	Signed proof.Signed
}

// Records asks for somebody's licences of a type at the other provinces, like Cases. Each is signed by the province that gave it.
func (a *Asker) Records(ctx context.Context, grant, typeCode string) (held []Held, missing []office.NodeID, err error) {
	others, answers, err := a.put(ctx, grant, question{Want: vouch.ForRecords, Type: typeCode}, nil)
	if err != nil {
		return nil, others, err
	}
	for i, got := range answers {
		if got == nil {
			missing = append(missing, others[i])
			continue
		}
		for _, s := range got.Records {
			l, err := licence.Verify(s, a.Trust())
			if err != nil || l.Issuer.Node != others[i] || l.TypeCode != typeCode { // a province speaks of its own alone
				missing = append(missing, others[i])
				break
			}
			held = append(held, Held{l, s})
		}
	}
	return held, missing, nil
}

// soundLicences refuses lines that no page could show, and licences that are not the answering node's to speak of.
func soundLicences(id office.NodeID, trust *office.TrustList, list []Licence) bool {
	if len(list) > most {
		return false
	}
	n, ok := trust.Node(id)
	for _, l := range list {
		parsed, err := licence.ParseIdentifier(l.ID)
		if !ok || err != nil || !parsed.Of(n.ID) || len(l.Type) > 120 || len(l.No) > 120 || len(l.Holder) > 600 || len(l.Office) > 32 || len(l.State) > 32 ||
			len(l.From) > 10 || len(l.Until) > 10 {
			return false
		}
	}
	return true
}

// Usage is what one province's log says about somebody.
type Usage struct {
	Node office.NodeID
	usage.Told
}

// Usages asks who used what is held about somebody, like Cases; only limits it to one province if it names one.
func (a *Asker) Usages(ctx context.Context, grant string, only office.NodeID) (told []Usage, missing []office.NodeID, err error) {
	others, answers, err := a.all(ctx, grant, vouch.ForUsage, func(id office.NodeID) bool { return only == "" || id == only })
	if err != nil {
		return nil, others, err
	}
	for i, got := range answers {
		if got == nil || got.Usage == nil {
			missing = append(missing, others[i])
		} else if len(got.Usage.Extract.Lines) > 0 {
			told = append(told, Usage{others[i], *got.Usage})
		}
	}
	return told, missing, nil
}

// all puts one question to every other member that want (nil: any) takes, and gives whom it asked and what each said; nil
// stands for those that gave no usable answer. With an error nobody was asked.
func (a *Asker) all(ctx context.Context, grant string, purpose vouch.Purpose, want func(office.NodeID) bool) ([]office.NodeID, []*answer, error) {
	return a.put(ctx, grant, question{Want: purpose}, want)
}

// put is all for a question that says more than what it wants.
func (a *Asker) put(ctx context.Context, grant string, q question, want func(office.NodeID) bool) ([]office.NodeID, []*answer, error) {
	var others []office.NodeID
	trust := a.Trust()
	for _, n := range trust.Nodes {
		if n.ID.Member() && n.ID != a.Me && (want == nil || want(n.ID)) {
			others = append(others, n.ID)
		}
	}
	if len(others) == 0 {
		return nil, nil, nil
	}
	if grant == "" {
		return others, nil, errs.New(errs.RoamEnded, "the sign-in came without a grant")
	}
	bearers, err := a.Provider.Bearers(ctx, grant, q.Want, others)
	if err != nil {
		return others, nil, err
	}
	wait := a.Patience
	if wait == 0 {
		wait = patience
	}
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	answers := make([]*answer, len(others))
	var wg sync.WaitGroup
	for i, id := range others {
		wg.Go(func() {
			if bearer, ok := bearers[id]; ok {
				answers[i] = a.ask(ctx, trust, id, q, bearer)
			}
		})
	}
	wg.Wait()
	return others, answers, nil
}

// ask puts the question to one node; nil if there is no usable answer.
func (a *Asker) ask(ctx context.Context, trust *office.TrustList, id office.NodeID, q question, bearer proof.Signed) *answer {
	n, ok := trust.Node(id)
	if !ok {
		return nil
	}
	q.To, q.At, q.Bearer, q.AnswerKey = id, a.Now().UTC(), bearer, make([]byte, 16)
	_, _ = rand.Read(q.AnswerKey) // never fails
	signed, err := proof.SignJSON(a.Signer, typQuestion, q)
	if err != nil {
		return nil
	}
	plain, err := proof.Marshal(signed)
	if err != nil {
		return nil
	}
	h := head(newest, a.Me, id)
	box, err := proof.Wrap(n.Encrypt, plain, h)
	if err != nil {
		return nil
	}
	raw, err := a.Channel.Ask(ctx, id, append(h, box...))
	if err != nil {
		return nil
	}
	box, aad, err := unhead(raw, id, a.Me)
	if err != nil {
		return nil
	}
	if plain, err = proof.DecryptWith(q.AnswerKey, box, aad); err != nil {
		return nil
	}
	var got answer
	if proof.Unmarshal(plain, &got) != nil || len(got.Cases) > most || len(got.Records) > mostRecords || !sound(got.Cases) || !soundUsage(id, got.Usage) || !soundLicences(id, trust, got.Licences) {
		return nil
	}
	return &got
}

// sound refuses lines that no page could show; another node's text is never trusted to be a number.
func sound(list []Case) bool {
	for i, c := range list {
		no, err := casefile.ParseNo(string(c.No))
		if err != nil || c.Holder != "" && !c.Holder.Member() || len(c.Item) > 64 || len(c.Office) > 32 || len(c.Status) > 32 {
			return false
		}
		list[i].No = no
	}
	return true
}

// soundUsage refuses what could not be shown as that node's word: entries that are none, a head of another node, names of
// cases that are none. Whether it is proved is for the page to say.
func soundUsage(id office.NodeID, u *usage.Told) bool {
	if u == nil {
		return true
	}
	var h accesslog.Head
	if len(u.Extract.Head.Body) > 0 && (u.Extract.Head.Into(&h) != nil || h.Node != id) {
		return false
	}
	if u.Extract.Kind != accesslog.ExtractKind || len(u.Extract.Lines) > usage.Most || len(u.Extract.Witnesses) > 16 {
		return false
	}
	for key, ref := range u.Cases {
		no, err := casefile.ParseNo(string(ref.No))
		if err != nil || len(ref.Item) > 64 {
			return false
		}
		u.Cases[key] = usage.Ref{No: no, Item: ref.Item}
	}
	for _, l := range u.Extract.Lines {
		e, err := l.Entry()
		if err != nil || len(e.What) > 64 || len(e.Who) > 64 || len(e.Office) > 32 {
			return false
		}
	}
	return true
}

// gathered puts the answers together. Several nodes know a case that moved between them: who coordinates it knows best, then
// who heard of it last.
func gathered(others []office.NodeID, answers []*answer) Found {
	var f Found
	best := map[casefile.No]Case{}
	for i, got := range answers {
		if got == nil {
			f.Missing = append(f.Missing, others[i])
			continue
		}
		if got.More {
			f.More = append(f.More, others[i])
		}
		for _, c := range got.Cases {
			c.Node = others[i]
			// Nobody can speak as the coordinator of another province's case: the number says who that is.
			c.KeptHere = c.KeptHere && office.NodeID(c.No[:2]) == c.Node
			have, ok := best[c.No]
			if !ok || c.KeptHere && !have.KeptHere || c.KeptHere == have.KeptHere && c.Updated.After(have.Updated) {
				best[c.No] = c
			}
		}
	}
	for _, c := range best {
		f.Cases = append(f.Cases, c)
	}
	slices.SortFunc(f.Cases, func(x, y Case) int { return cmp.Or(y.Lodged.Compare(x.Lodged), cmp.Compare(x.No, y.No)) })
	return f
}

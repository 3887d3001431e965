package question

import (
	"slices"
	"time"

	"tongban/internal/domain/caseproof"
	"tongban/internal/domain/office"
	"tongban/internal/domain/sharing"
	"tongban/internal/domain/vouch"
	"tongban/internal/kernel/errs"
	"tongban/internal/proof"
)

// Judge is what a provider knows by itself when it judges a question. Nothing in it comes from the asker.
type Judge struct {
	caseproof.Terms

	Me office.NodeID
	// Grant is what an agreement in force lets the asker ask for, with the text it stands in.
	Grant func(asker office.NodeID, resource, item string) (sharing.Grant, sharing.Text, bool)
	// Names are the names that the rule of a case needs of an own resource; ok is false for one that is not offered today.
	Names func(resource, item string, st caseproof.Status) (names []string, ok bool)
}

// OpenQuery verifies who asks, that the question is for me and of this moment. Errors: those of office.TrustList.Check,
// errs.QueryUnreadable, errs.SharingNotTheirs, errs.QueryExpired.
func (j Judge) OpenQuery(s proof.Signed, from office.NodeID) (Query, error) {
	if len(s.Body) > MaxQuery {
		return Query{}, errs.New(errs.QueryUnreadable, "%d bytes", len(s.Body))
	}
	n, err := j.Trust.Check(s, TypQuery)
	if err != nil {
		return Query{}, err
	}
	var q Query
	if err := s.Into(&q); err != nil {
		return Query{}, errs.Wrap(errs.QueryUnreadable, err, "of %s", n.ID)
	}
	switch {
	case q.From != n.ID || q.From != from || !n.ID.Member() || q.To != j.Me:
		return Query{}, errs.New(errs.SharingNotTheirs, "of %.8q to %.8q, signed by %s, brought by %s", q.From, q.To, n.ID, from)
	case !queryID.MatchString(q.Number) || !queryID.MatchString(q.ID) || len(q.Salt) != 16 || len(q.Officer) > 64 || len(q.Office) > 32 || len(q.Asked()) == 0:
		return Query{}, errs.New(errs.QueryUnreadable, "question %.40q", q.Number)
	case q.At.After(j.Now.Add(vouch.Skew)) || j.Now.After(q.Until) || q.Until.Sub(q.At) > QueryLife:
		return q, errs.New(errs.QueryExpired, "from %s to %s", q.At.UTC().Format(time.RFC3339), q.Until.UTC().Format(time.RFC3339))
	}
	return q, nil
}

// May decides about an opened question, default deny, the cheap things first. It returns the grant it falls under, or
// errs.ResourceUnknown, errs.NoAgreement, errs.NotInAgreement, errs.NoCaseProof, errs.CaseStatusStale, errs.CaseShut,
// errs.NotWithAsker, errs.SubjectNotInCase, errs.NotInRule, errs.NotConsented.
func (j Judge) May(q Query) (sharing.Grant, error) {
	g, x, ok := j.Grant(q.From, q.Resource, q.Item)
	if !ok {
		return g, errs.New(errs.NoAgreement, "%s asks for %.40q in %.16q", q.From, q.Resource, q.Item)
	}
	outside := func(name string) bool { return !slices.Contains(g.Fields, name) }
	if q.Terms != x.Hash || q.Purpose != g.Purpose || q.Basis != g.Basis || g.ChecksOnly && len(q.Fields) > 0 || slices.ContainsFunc(q.Asked(), outside) {
		return g, errs.New(errs.NotInAgreement, "%s asks for %v", q.From, q.Asked())
	}
	st, err := q.Proof.Check(q.Case, q.From, q.Proof.Chain, j.Terms)
	if err != nil {
		return g, err
	}
	if len(q.Proof.Salt) != 16 || st.Subject != caseproof.SubjectHash(q.Proof.Salt, string(q.Subject.IDType), q.Subject.IDNo) {
		return g, errs.New(errs.SubjectNotInCase, "%s", q.No)
	}
	names, ok := j.Names(q.Resource, q.Item, st)
	if !ok {
		return g, errs.New(errs.ResourceUnknown, "%.40q", q.Resource)
	}
	if slices.ContainsFunc(q.Asked(), func(name string) bool { return !slices.Contains(names, name) }) {
		return g, errs.New(errs.NotInRule, "%v, the rule names %v", q.Asked(), names)
	}
	return g, j.consented(q, st.Node)
}

// consented checks the person's own word: the identity provider's signature, for this case, asker, resource and names.
func (j Judge) consented(q Query, coordinator office.NodeID) error {
	var r Request
	if err := proof.Unmarshal(q.Proof.Request, &r); err != nil {
		return errs.Wrap(errs.NotConsented, err, "%s", q.No)
	}
	if r.Case != q.ID || r.Item != q.Item || r.Provider != j.Me || r.Asker != q.From || r.Resource != q.Resource || r.Purpose != q.Purpose || r.Basis != q.Basis ||
		slices.ContainsFunc(q.Asked(), func(name string) bool { return !slices.Contains(r.Fields, name) }) {
		return errs.New(errs.NotConsented, "%s: agreed to something else", q.No)
	}
	want := vouch.Agreement{Act: vouch.Query, To: j.Me, About: q.Item, Hash: proof.HashOf(q.Proof.Request)}
	got, err := vouch.OpenConsent(q.Proof.Consent, j.Trust, want, coordinator, q.Subject, Level)
	if err != nil {
		return errs.Wrap(errs.NotConsented, err, "%s", q.No)
	}
	if got.At.After(j.Now.Add(vouch.Skew)) || j.Now.Sub(got.At) > ConsentLife {
		return errs.New(errs.NotConsented, "%s: agreed %s", q.No, got.At.UTC().Format(time.RFC3339))
	}
	return nil
}

// OpenAnswer checks that s is the provider's word on exactly this question and tells no more than was asked.
// errs.AnswerWrong, or the code of a refusal.
func OpenAnswer(s proof.Signed, trust *office.TrustList, q Query, question proof.Hash) (Answer, error) {
	if len(s.Body) > MaxAnswer {
		return Answer{}, errs.New(errs.AnswerWrong, "%d bytes", len(s.Body))
	}
	n, err := trust.Check(s, TypAnswer)
	if err != nil {
		return Answer{}, errs.Wrap(errs.AnswerWrong, err, "of %s", q.To)
	}
	var a Answer
	if err := s.Into(&a); err != nil {
		return a, errs.Wrap(errs.AnswerWrong, err, "of %s", q.To)
	}
	wrong := n.ID != q.To || a.From != q.To || a.To != q.From || a.Question != question || a.Refused == 0 && len(a.Values)+len(a.Checks) == 0
	for name, v := range a.Values {
		wrong = wrong || !slices.Contains(q.Fields, name) || len(v) > mostValue
	}
	for name := range a.Checks {
		if _, asked := q.Checks[name]; !asked {
			wrong = true
		}
	}
	if wrong {
		return a, errs.New(errs.AnswerWrong, "of %s", n.ID)
	}
	if a.Refused != 0 {
		return a, errs.New(errs.Code(a.Refused), "%s refused", q.To)
	}
	return a, nil
}

// Fill puts what a source says into an answer: only the fields asked for, and right or wrong for the rest.
func (a *Answer) Fill(q Query, record map[string]string) {
	a.Values, a.Checks = map[string]string{}, map[string]bool{}
	for _, f := range q.Fields {
		if v := record[f]; v != "" && len(v) <= mostValue {
			a.Values[f] = v
		}
	}
	for f, v := range q.Checks {
		a.Checks[f] = record[f] != "" && record[f] == v
	}
}

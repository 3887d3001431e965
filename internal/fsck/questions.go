package fsck

import (
	"bytes"
	"fmt"
	"slices"

	"tongban/internal/domain/accesslog"
	"tongban/internal/domain/caseproof"
	"tongban/internal/domain/item"
	"tongban/internal/domain/office"
	"tongban/internal/domain/question"
	"tongban/internal/domain/sharing"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
)

// statementPage is how many statements are read at once.
const statementPage = 256

// ledger is what a node holds of what provinces said about sharing, each statement checked again.
func (c *check) ledger(n Node) (*sharing.Book, error) {
	b := sharing.NewBook()
	last, err := n.Reader.Speakers(c.ctx)
	if err != nil {
		return b, c.spoilt(n, "", err)
	}
	for who, end := range last {
		var link sharing.Link
		for link.Seq < end {
			list, err := n.Reader.Statements(c.ctx, who, link.Seq, statementPage)
			if err != nil {
				return b, c.spoilt(n, "", err)
			}
			if len(list) == 0 {
				break
			}
			for _, row := range list {
				st, err := sharing.Open(row.Signed, n.Trust)
				if err == nil && st.By == who {
					err = link.Next(st, row.Signed.Hash(), row.Hash)
				}
				if err != nil || st.By != who {
					c.say("I4", n, "", fmt.Sprintf("statement %d of %s does not hold: %v", row.Seq, who, err))
					return b, nil
				}
				link = sharing.Link{Seq: st.Seq, Hash: row.Signed.Hash()}
				b.Add(st)
			}
		}
		if link.Seq != end {
			c.say("I4", n, "", fmt.Sprintf("statements of %s end at %d, not at %d", who, link.Seq, end))
		}
	}
	return b, nil
}

// questions is I4 and I5 for what a node was answered about a case: each answer is the provider's word on exactly the question that is
// kept with it; what was told had its proof, judged again as of that time; and where the provider is among the nodes, the entry that
// it promised stands in its log.
func (c *check) questions(n Node, b *sharing.Book, caseID string) error {
	list, err := n.Reader.FoundOf(c.ctx, caseID)
	if err != nil {
		return c.spoilt(n, caseID, err)
	}
	promised := map[office.NodeID][][]byte{}
	for _, f := range list {
		c.report.Checked["questions"]++
		a, err := c.question(n, b, f)
		if err != nil {
			c.say("I4", n, caseID, "question", f.ID, "to", string(f.Provider)+":", err.Error())
			continue
		}
		promised[f.Provider] = append(promised[f.Provider], a.Entry)
	}
	for _, at := range c.nodes {
		if len(promised[at.ID]) == 0 {
			continue
		}
		have, err := leaves(c, at, caseID)
		if err != nil {
			return c.spoilt(at, caseID, err)
		}
		for _, p := range promised[at.ID] {
			if !slices.ContainsFunc(have, func(h []byte) bool { return bytes.Equal(h, p) }) {
				c.say("I5", at, caseID, "an entry that an answer to", string(n.ID), "promises is not in the log")
			}
		}
	}
	return nil
}

// leaves are the leaf hashes of a log's entries about a case.
func leaves(c *check, n Node, caseID string) ([][]byte, error) {
	entries, err := n.Reader.LogOf(c.ctx, caseID)
	if err != nil {
		return nil, err
	}
	var out [][]byte
	for _, e := range entries {
		leaf, err := e.Leaf()
		if err != nil {
			return nil, err
		}
		out = append(out, accesslog.LeafHash(leaf))
	}
	return out, nil
}

// question judges one question and its answer again; the error says what does not hold. It holds nothing of the person.
func (c *check) question(n Node, b *sharing.Book, f unit.Found) (question.Answer, error) {
	var q question.Query
	if err := f.Query.Into(&q); err != nil {
		return question.Answer{}, err
	}
	j := question.Judge{
		Me: f.Provider,
		Terms: caseproof.Terms{Trust: n.Trust, Now: q.At, Witnessed: func(x accesslog.Extract) (accesslog.Head, error) {
			p, err := x.Check(n.Trust)
			return p.Head, err
		}},
		Grant: func(asker office.NodeID, resource, code string) (sharing.Grant, sharing.Text, bool) {
			return signedGrant(b, q, f, asker, resource, code)
		},
		Names: func(resource, code string, st caseproof.Status) ([]string, bool) {
			return c.named(b, q, resource, code, st)
		},
	}
	q, err := j.OpenQuery(f.Query, n.ID)
	if err != nil {
		return question.Answer{}, err
	}
	if q.ID != f.Case || q.Number != f.ID || q.Resource != f.Resource {
		return question.Answer{}, errs.New(errs.QueryUnreadable, "it is another question")
	}
	a, err := question.OpenAnswer(f.Answer, n.Trust, q, f.Query.Hash())
	if a.Refused != 0 && errs.Is(err, errs.Code(a.Refused)) {
		return a, nil // nothing was told
	}
	if err != nil {
		return a, err
	}
	_, err = j.May(q)
	return a, err
}

// signedGrant is what the terms that a question names allow, if all parties signed them and they were for that day. Whether a side had
// suspended them when it answered is for its own log: the word may have been on its way.
func signedGrant(b *sharing.Book, q question.Query, f unit.Found, asker office.NodeID, resource, code string) (sharing.Grant, sharing.Text, bool) {
	day := workday.DateOf(f.At)
	for _, a := range b.Of(asker) {
		for _, x := range a.Texts {
			if x.Hash != q.Terms || day.Before(x.Terms.From) || day.After(x.Terms.Until) ||
				slices.ContainsFunc(x.Terms.Parties, func(p office.NodeID) bool { _, ok := a.Signed[x.Hash][p]; return !ok }) {
				continue
			}
			for _, g := range x.Terms.Grants {
				if g.Provider == f.Provider && g.Resource == resource && slices.Contains(g.Askers, asker) && slices.Contains(g.Items, code) {
					return g, x, true
				}
			}
		}
	}
	return sharing.Grant{}, sharing.Text{}, false
}

// named is what the rule of a case needs of a resource. Where the rule or the source is not known here nothing can be held against it.
func (c *check) named(b *sharing.Book, q question.Query, res, code string, st caseproof.Status) ([]string, bool) {
	r, ok := b.Resource(q.To, res)
	if !ok {
		return nil, false
	}
	known := c.opt.Catalogue.Evidence()
	i := slices.IndexFunc(known, func(e item.Evidence) bool { return e.Key == r.Source })
	v, err := c.opt.Catalogue.Pinned(st.Rule.Digest, st.Rule.Pins)
	if err != nil || i < 0 {
		return q.Asked(), true
	}
	if v.Item != code {
		return nil, true
	}
	return sharing.Named(v, known[i]), true
}

// answers is I5 for a provider: what it keeps as answered stands in its log.
func (c *check) answers(n Node) error {
	err := n.Reader.EachAnswered(c.ctx, func(a unit.Answered) error {
		c.report.Checked["answers"]++
		entries, err := n.Reader.LogOf(c.ctx, a.Case)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(entries, func(e accesslog.Entry) bool { return e.Kind == accesslog.Data && e.Reason == "" }) {
			c.say("I5", n, a.Case, "no log entry for an answer to", string(a.Asker))
		}
		return c.gone(n, a)
	})
	if err != nil {
		return c.spoilt(n, "", err)
	}
	return nil
}

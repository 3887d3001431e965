package api

import (
	"net/http"

	"tongban/internal/domain/casefile"
	"tongban/internal/handling/decide"
	"tongban/internal/kernel/errs"
)

// The bodies of the acts. Row is the case's row as last seen; 0 takes the case as it is.
type (
	bare struct {
		Row int64 `json:"row"`
	}
	withReason struct {
		Row    int64  `json:"row"`
		Reason string `json:"reason"`
	}
	withProcedure struct {
		Row       int64  `json:"row"`
		Procedure string `json:"procedure"`
		Reason    string `json:"reason"`
		Days      int    `json:"days"` // working days that it will take
	}
	withMarks struct {
		Row   int64                    `json:"row"`
		Marks map[string]casefile.Mark `json:"marks"`
	}
	withItems struct {
		Row   int64                 `json:"row"`
		Items []casefile.Correction `json:"items"`
	}
	withDecision struct {
		Row     int64            `json:"row"`
		Outcome casefile.Outcome `json:"outcome,omitempty"`
		Reasons []string         `json:"reasons"`
		Text    string           `json:"text"`
	}
	withDelivery struct {
		Row int64  `json:"row"`
		Way string `json:"way"`
		To  string `json:"to"`
		// Postal is the number of the postal item, if it was posted.
		Postal string `json:"postal"`
	}
	withSupplement struct {
		Row         int64                 `json:"row"`
		Answers     map[string]string     `json:"answers"`
		Materials   []casefile.Material   `json:"materials"`
		Corrections []casefile.Correction `json:"corrections"`
	}
)

// doing is one act: it reads its own body and does it.
type doing func(f *face, c call, id string) (casefile.Case, error)

// with makes a doing out of a body and a deed.
func with[B any](do func(f *face, c call, id string, b B) (casefile.Case, error)) doing {
	return func(f *face, c call, id string) (casefile.Case, error) {
		var b B
		if err := read(c, &b); err != nil {
			return casefile.Case{}, err
		}
		return do(f, c, id, b)
	}
}

// acts are all that can be done to a case; a name that is not here is refused.
var acts = map[string]doing{
	"hand-over": with(func(f *face, c call, id string, b bare) (casefile.Case, error) {
		return f.Post.HandOver(c.Context(), c.by, id, b.Row)
	}),
	"recall": with(func(f *face, c call, id string, b bare) (casefile.Case, error) {
		return f.Post.AskBack(c.Context(), c.by, id, b.Row)
	}),
	"review": with(func(f *face, c call, id string, b withMarks) (casefile.Case, error) {
		return f.Bench.Review(c.Context(), c.by, decide.Ref{Case: id, Row: b.Row}, b.Marks)
	}),
	"accept": with(func(f *face, c call, id string, b bare) (casefile.Case, error) {
		return f.Bench.Accept(c.Context(), c.by, decide.Ref{Case: id, Row: b.Row})
	}),
	"correct": with(func(f *face, c call, id string, b withItems) (casefile.Case, error) {
		return f.Bench.Correct(c.Context(), c.by, decide.Ref{Case: id, Row: b.Row}, b.Items)
	}),
	"return": with(func(f *face, c call, id string, b withReason) (casefile.Case, error) {
		return f.Bench.Return(c.Context(), c.by, decide.Ref{Case: id, Row: b.Row}, b.Reason)
	}),
	"decline": with(func(f *face, c call, id string, b withDecision) (casefile.Case, error) {
		return f.Bench.Decline(c.Context(), c.by, decide.Ref{Case: id, Row: b.Row}, b.decision())
	}),
	"decide": with(func(f *face, c call, id string, b withDecision) (casefile.Case, error) {
		return f.Bench.Decide(c.Context(), c.by, decide.Ref{Case: id, Row: b.Row}, b.decision())
	}),
	"issue": with(func(f *face, c call, id string, b bare) (casefile.Case, error) {
		return f.Issuer.Issue(c.Context(), c.by, id, b.Row)
	}),
	"deliver": with(func(f *face, c call, id string, b withDelivery) (casefile.Case, error) {
		return f.Issuer.Deliver(c.Context(), c.by, id, b.Row, casefile.Delivery{Way: b.Way, To: b.To, Postal: b.Postal})
	}),
	"withdraw": with(func(f *face, c call, id string, b bare) (casefile.Case, error) {
		return f.Lodge.Withdraw(c.Context(), &c.by, id, b.Row)
	}),
	"supplement": with(func(f *face, c call, id string, b withSupplement) (casefile.Case, error) {
		return f.Lodge.Supplement(c.Context(), c.by, id, b.Row, b.Answers, b.Materials, b.Corrections)
	}),
	"suspend": with(func(f *face, c call, id string, b withProcedure) (casefile.Case, error) {
		return f.Bench.Suspend(c.Context(), c.by, decide.Ref{Case: id, Row: b.Row}, casefile.Suspension{Procedure: b.Procedure, Reason: b.Reason, Days: b.Days})
	}),
	"ask-extend": with(func(f *face, c call, id string, b withReason) (casefile.Case, error) {
		return f.Bench.AskExtend(c.Context(), c.by, decide.Ref{Case: id, Row: b.Row}, b.Reason)
	}),
	"extend": with(func(f *face, c call, id string, b bare) (casefile.Case, error) {
		return f.Bench.Extend(c.Context(), c.by, decide.Ref{Case: id, Row: b.Row})
	}),
	"keep-limit": with(func(f *face, c call, id string, b withReason) (casefile.Case, error) {
		return f.Bench.KeepLimit(c.Context(), c.by, decide.Ref{Case: id, Row: b.Row}, b.Reason)
	}),
	"recuse": with(func(f *face, c call, id string, b bare) (casefile.Case, error) {
		return f.Bench.Recuse(c.Context(), c.by, decide.Ref{Case: id, Row: b.Row})
	}),
	"resume": with(func(f *face, c call, id string, b bare) (casefile.Case, error) {
		return f.Bench.Resume(c.Context(), c.by, decide.Ref{Case: id, Row: b.Row})
	}),
}

func (b withDecision) decision() casefile.Decision {
	return casefile.Decision{Outcome: b.Outcome, Reasons: b.Reasons, Text: b.Text}
}

// act does one thing to a case and answers with the case as it then is.
func (f *face) act(c call) (int, any, error) {
	do, ok := acts[c.PathValue("act")]
	if !ok {
		return 0, nil, errs.New(errs.NoSuchAct, "act")
	}
	k, err := f.mine(c)
	if err != nil {
		return 0, nil, err
	}
	if _, err = do(f, c, k.ID); err != nil {
		return 0, nil, err
	}
	if k, err = f.Store.Case(c.Context(), k.ID); err != nil {
		return 0, nil, err
	}
	return http.StatusOK, view(k), nil
}

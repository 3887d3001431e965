package hub

import (
	"context"
	"time"

	"tongban/internal/domain/office"
	"tongban/internal/handling/federate"
	"tongban/internal/kernel/errs"
	"tongban/internal/proof"
)

// Succeeding asks for a member's next signing key: the word of both keys, with the code that the operator gave for it.
type Succeeding struct {
	Code string       `json:"code"`
	By   proof.Signed `json:"by"` // office.SignSuccession
	// CoSign is the new key's own signature over the list that the first call proposed, on the second call: with it the list also stands by
	// itself, without the list before it.
	CoSign *proof.Signed `json:"co_sign,omitempty"`
}

// Succeed changes a member's signing key: by the operator, who gave the code and signs the list, and more than half of the members, who sign
// by themselves what both keys ask for. What the old key signed stays good. It returns errs.EnrolRefused for a wrong code and
// errs.TrustTooFew if too few members can be reached; the code stays good then. The first call gives the proposal.
func (h *Hub) Succeed(ctx context.Context, in Succeeding) (Welcome, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	next, s, err := h.Trust.Succeed(in.By)
	if err != nil {
		return Welcome{}, err
	}
	if err := h.settings.admit(ctx, s.Node, in.Code); err != nil {
		return Welcome{}, err
	}
	o, ok := h.offers[in.By.Hash()]
	if !ok {
		next.Issued = time.Now().UTC().Truncate(time.Second)
		if o.trust, err = office.SignTrust(h.operator, next); err != nil {
			return Welcome{}, err
		}
		h.offers[in.By.Hash()] = o
	}
	w := Welcome{Operator: h.operator.Public(), Trust: o.trust}
	if in.CoSign == nil {
		w.Proposal = true
		return w, nil
	}
	body, err := proof.Marshal(federate.Changing{Trust: w.Trust, By: in.By})
	if err != nil {
		return Welcome{}, err
	}
	w.Trust.CoSigned = []proof.Signed{*in.CoSign}
	h.collect(ctx, &w.Trust, h.Trust.List(), federate.SuccessionKind, body)
	if err := h.Trust.Install(ctx, w.Trust, h.settings); err != nil {
		return Welcome{}, err
	}
	clear(h.offers)
	if err := h.settings.spend(s.Node); err != nil {
		return Welcome{}, errs.Wrap(errs.Unexpected, err, "code of %s", s.Node)
	}
	h.spread(ctx, w.Trust)
	return w, nil
}

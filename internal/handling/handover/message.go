package handover

import (
	"context"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/exchange"
	"tongban/internal/domain/message"
	"tongban/internal/domain/notice"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/proof"
)

// takeMessage keeps a word on a case that is here, and where an office answered, tells the applicant so in the same unit. What
// is not a message that the sender may write is refused for good, because no repeat would mend it.
func (p *Post) takeMessage(ctx context.Context, u *unit.Unit, known casefile.Case, e exchange.Envelope, hash proof.Hash) (proof.Signed, error) {
	if known.ID == "" {
		return proof.Signed{}, errs.New(errs.NotInOrder, "case %s is not here", e.Case)
	}
	var m message.Message
	if err := proof.Unmarshal(e.Private, &m); err != nil || m.ID != e.ID {
		return p.receipt(e, hash, exchange.Refused, "unreadable", u.At)
	}
	thread, err := p.Store.Messages(ctx, e.Case)
	if err != nil {
		return proof.Signed{}, err
	}
	if m.Arrived(known, e.From, p.Kit.Me, thread) != nil {
		return p.receipt(e, hash, exchange.Refused, "unreadable", u.At)
	}
	m.At = u.At // the sender's clock decides nothing here
	m.Open = m.From == message.Applicant
	u.Messages = append(u.Messages, m)
	if m.From == message.Office {
		p.Kit.Notify(u, notice.Spoken(known, m.ID, m.Office, u.At))
	}
	return p.receipt(e, hash, exchange.Noted, "", u.At)
}

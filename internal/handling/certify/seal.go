package certify

import (
	"context"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/document"
	"tongban/internal/handling/unit"
)

// bySeal is who acts in the log where a node seals what another place decided in its name: no officer does.
const bySeal = "mandate"

// Seal makes the document, and the licence if there is one, of a case that was decided elsewhere in this place's name
// (行政许可法 第24条), and sends the result to where it is handed out. Mandate and rule were checked when the leg was taken. The
// case moves on in the same unit (I3): a second call is errs.NotAllowedNow.
func (s *Issuer) Seal(ctx context.Context, id string) error {
	_, err := unit.Act(ctx, s.Store, id, 0, func(c casefile.Case) (casefile.Case, error) {
		c, step, err := casefile.Seal(c, s.Kit.Me, unit.NewID(), s.Kit.Now())
		if err != nil {
			return casefile.Case{}, err
		}
		var m made
		if c.Private.Decision.Outcome == casefile.Granted {
			if m, err = s.licence(ctx, c, step); err != nil {
				return casefile.Case{}, err
			}
		}
		var out casefile.Case
		err = s.again(ctx, func() (u unit.Unit, err error) {
			out, u, err = s.dispatched(ctx, casefile.Actor{ID: bySeal}, c, step, m)
			u.Due = append(u.Due, unit.Due{Case: id, Kind: unit.DueSeal})
			return u, err
		})
		if err != nil {
			return casefile.Case{}, err
		}
		s.Kit.Woken()
		return out, nil
	})
	return err
}

// sealed adds the decision's document, which the place that decided did not make.
func (s *Issuer) sealed(u *unit.Unit, c casefile.Case) error {
	d := *c.Private.Decision
	kind := map[casefile.Outcome]document.Kind{
		casefile.Granted: document.Grant, casefile.Denied: document.Refusal, casefile.NotAccepted: document.NotAccepted,
	}[d.Outcome]
	_, err := s.Kit.Issue(u, c, kind, s.Kit.ReasonedData(c, d))
	return err
}

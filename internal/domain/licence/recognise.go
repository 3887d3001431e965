package licence

import (
	"regexp"
	"slices"
	"time"

	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
	"tongban/internal/proof"
)

// TypRecognition is the type under which a recognition is signed.
const TypRecognition = "licence-recognition"

// Recognition is one place's published word: By takes licences of a type from Of instead of paper, for an item or for all, from
// a day on. A later statement for the same takes the place of an earlier one, also to withdraw it.
type Recognition struct {
	By       office.NodeID `json:"by"`
	Of       office.NodeID `json:"of,omitempty"`   // "" for every member
	Type     string        `json:"type"`           // 证照类型代码
	Item     string        `json:"item,omitempty"` // "" for every item that By handles
	From     string        `json:"from"`           // YYYY-MM-DD, Asia/Shanghai
	Until    string        `json:"until,omitempty"`
	Withdraw bool          `json:"withdraw,omitempty"` // from that day on no longer
	Basis    string        `json:"basis"`              // the agreement or rule it rests on
	Mark     string        `json:"mark,omitempty"`     // "demo", "unverified": shown wherever the statement is shown
	Said     time.Time     `json:"said"`               // when it was signed, UTC
}

var itemCode = regexp.MustCompile(`^[0-9A-Za-z.-]{1,40}$`)

func (r Recognition) check() error {
	from, err := time.Parse(time.DateOnly, r.From)
	switch {
	case err != nil, !r.By.Member(), r.Of != "" && !r.Of.Member(), r.Of == r.By, !typeForm.MatchString(r.Type),
		r.Item != "" && !itemCode.MatchString(r.Item), r.Basis == "", r.Said.IsZero():
		return errs.New(errs.RecognitionWrong, "%s of %q: type %q, item %q, from %q", r.By, r.Of, r.Type, r.Item, r.From)
	}
	if r.Until == "" {
		return nil
	}
	if until, err := time.Parse(time.DateOnly, r.Until); err != nil || until.Before(from) || r.Withdraw {
		return errs.New(errs.RecognitionWrong, "from %q until %q", r.From, r.Until)
	}
	return nil
}

// Recognise signs a statement as the place that makes it; errs.RecognitionWrong if it says nothing sensible.
func Recognise(s *proof.Signer, r Recognition) (proof.Signed, error) {
	r.Said = r.Said.UTC().Truncate(time.Second)
	if err := r.check(); err != nil {
		return proof.Signed{}, err
	}
	return proof.SignJSON(s, TypRecognition, r)
}

// ReadRecognition checks that the place itself signed. Errors: those of TrustList.Check, errs.UnreadableBody,
// errs.RecognitionWrong.
func ReadRecognition(s proof.Signed, trust *office.TrustList) (Recognition, error) {
	node, err := trust.Check(s, TypRecognition)
	if err != nil {
		return Recognition{}, err
	}
	var r Recognition
	if err := s.Into(&r); err != nil {
		return Recognition{}, err
	}
	if r.By != node.ID {
		return Recognition{}, errs.New(errs.RecognitionWrong, "of %s, signed by %s", r.By, node.ID)
	}
	return r, r.check()
}

// Recognised finds the statement by which place by takes a licence of that type from place of for an item on a day. Among those
// that fit, the one for the item counts before the one for all, the one for the place before the one for all, then the latest
// said. A place takes its own licences without a statement, which is then empty. errs.NotRecognised otherwise.
func Recognised(list []Recognition, by, of office.NodeID, typeCode, item, day string) (Recognition, error) {
	if by == of {
		return Recognition{}, nil
	}
	var best *Recognition
	for i, r := range list {
		fits := r.By == by && (r.Of == "" || r.Of == of) && r.Type == typeCode && (r.Item == "" || r.Item == item) && r.From <= day
		if fits && (best == nil || r.outranks(*best)) {
			best = &list[i]
		}
	}
	if best == nil || best.Withdraw || (best.Until != "" && day > best.Until) {
		return Recognition{}, errs.New(errs.NotRecognised, "%s takes no %s of %s for %s on %s", by, typeCode, of, item, day)
	}
	return *best, nil
}

func (r Recognition) outranks(o Recognition) bool {
	if (r.Item == "") != (o.Item == "") {
		return r.Item != ""
	}
	if (r.Of == "") != (o.Of == "") {
		return r.Of != ""
	}
	if r.From != o.From {
		return r.From > o.From
	}
	return !r.Said.Before(o.Said)
}

// Partners lists the places whose licences of a type are recognised for an item on a day, out of all.
func Partners(list []Recognition, by office.NodeID, typeCode, item, day string, all []office.NodeID) []office.NodeID {
	return slices.DeleteFunc(slices.Clone(all), func(of office.NodeID) bool {
		_, err := Recognised(list, by, of, typeCode, item, day)
		return err != nil
	})
}

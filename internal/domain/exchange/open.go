package exchange

import (
	"regexp"
	"slices"

	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
	"tongban/internal/proof"
)

// mostInquiry is the most bytes of a word of an inquiry, with the proof of its case, which grows with the log; and of a deletion.
const mostInquiry = 128 << 10

// mostPapers is the most bytes of a word on papers: a full bag with its signed list.
const mostPapers = 64 << 10

// mostMessage is the most bytes of a message, a rating or a complaint with all that stands around its 500 characters.
const mostMessage = 8 << 10

// name is the form of what an envelope names: short, and harmless in keys and addresses.
var name = regexp.MustCompile(`^[0-9A-Za-z_-]{1,64}$`)

// OpenEnvelope checks who signed s and that it is meant for me. The signer must be the sender that the envelope names.
func OpenEnvelope(s proof.Signed, trust *office.TrustList, me office.NodeID) (Envelope, error) {
	signer, err := trust.Check(s, TypEnvelope)
	if err != nil {
		return Envelope{}, err
	}
	var e Envelope
	if err := s.Into(&e); err != nil {
		return Envelope{}, err
	}
	switch {
	case e.From != signer.ID:
		return Envelope{}, errs.New(errs.WrongSender, "envelope %s names %s but %s signed", e.ID, e.From, signer.ID)
	case e.To != me:
		return Envelope{}, errs.New(errs.WrongAddressee, "envelope %s is for %s", e.ID, e.To)
	case !name.MatchString(e.ID) || !name.MatchString(e.Case) || !name.MatchString(e.Leg):
		return Envelope{}, errs.New(errs.BadEnvelope, "envelope %.64q lacks its id, case or leg", e.ID)
	}
	switch e.Kind {
	case Offer, Notice:
		if len(e.Facts) == 0 {
			return Envelope{}, errs.New(errs.BadEnvelope, "envelope %s carries no fact", e.ID)
		}
	case Recall:
		if e.Recalls == "" {
			return Envelope{}, errs.New(errs.BadEnvelope, "recall %s names no envelope", e.ID)
		}
	case Papers:
		if len(e.Private) == 0 || len(e.Private) > mostPapers || len(e.Facts)+len(e.Files) > 0 {
			return Envelope{}, errs.New(errs.BadEnvelope, "word %s on papers says nothing, or too much", e.ID)
		}
	case Message, Rating, Complaint, Order, Challenge:
		if len(e.Private) == 0 || len(e.Private) > mostMessage || len(e.Facts)+len(e.Files) > 0 {
			return Envelope{}, errs.New(errs.BadEnvelope, "message %s says nothing, or more than a message", e.ID)
		}
	case Inquiry, Deletion:
		if len(e.Private) == 0 || len(e.Private) > mostInquiry || len(e.Facts)+len(e.Files) > 0 {
			return Envelope{}, errs.New(errs.BadEnvelope, "word %s says nothing, or too much", e.ID)
		}
	default:
		return Envelope{}, errs.New(errs.BadEnvelope, "envelope %s is of unknown kind %q", e.ID, e.Kind)
	}
	return e, nil
}

// answers are the words that each kind of envelope can be answered with.
var answers = map[Kind][]Status{
	Offer:     {Held, Recalled, Refused},
	Notice:    {Noted},
	Recall:    {Recalled, Since},
	Message:   {Noted, Refused},
	Rating:    {Noted, Refused},
	Complaint: {Noted, Refused},
	Order:     {Noted, Refused},
	Inquiry:   {Noted, Refused},
	Papers:    {Noted, Refused},
	Deletion:  {Noted, Refused},
	Challenge: {Noted, Refused},
}

// OpenReceipt checks that s is the word of p's addressee on exactly the envelope that p carries.
func OpenReceipt(s proof.Signed, trust *office.TrustList, p Parcel) (Receipt, error) {
	signer, err := trust.Check(s, TypReceipt)
	if err != nil {
		return Receipt{}, err
	}
	var r Receipt
	if err := s.Into(&r); err != nil {
		return Receipt{}, err
	}
	switch {
	case r.From != signer.ID || r.From != p.To:
		return Receipt{}, errs.New(errs.WrongSender, "receipt for %s is signed by %s", p.ID, signer.ID)
	case r.Envelope != p.ID || r.Hash != p.Signed.Hash() || r.Case != p.Case || r.Leg != p.Leg:
		return Receipt{}, errs.New(errs.BadReceipt, "receipt speaks of %s, asked was %s", r.Envelope, p.ID)
	case !slices.Contains(answers[p.Kind], r.Status):
		return Receipt{}, errs.New(errs.BadReceipt, "%s %s answered %q", p.Kind, p.ID, r.Status)
	}
	return r, nil
}

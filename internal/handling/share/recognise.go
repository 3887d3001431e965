package share

import (
	"context"

	"tongban/internal/domain/licence"
	"tongban/internal/domain/office"
	"tongban/internal/domain/sharing"
	"tongban/internal/kernel/errs"
)

// Recognise says that the own province takes others' licences instead of paper. It binds once a second officer confirmed it, and
// a withdrawal at once. errs.RecognitionWrong; errs.LicenceTypeUnknown and errs.ItemUnknown for what no catalogue lists.
func (l *Ledger) Recognise(ctx context.Context, by By, r licence.Recognition, demo bool) (sharing.Statement, error) {
	act := office.SayRecognition
	if r.Withdraw {
		act = office.WithdrawRecognition
	}
	if err := l.may(by, act); err != nil {
		return sharing.Statement{}, err
	}
	if _, err := licence.TypeOf(l.Types, r.Type); err != nil {
		return sharing.Statement{}, err
	}
	if r.Item != "" {
		if _, ok := l.Kit.Catalogue.Item(r.Item); !ok {
			return sharing.Statement{}, errs.New(errs.ItemUnknown, "%.40q", r.Item)
		}
	}
	if r.From.Before(l.today()) { // what was taken or refused before stands
		return sharing.Statement{}, errs.New(errs.RecognitionWrong, "from %s, today is %s", r.From, l.today())
	}
	return l.say(ctx, by, func(*sharing.Book) (sharing.Statement, error) {
		return sharing.Statement{Kind: sharing.Recognise, Recognition: &r, Demo: demo}, nil
	})
}

// ConfirmRecognition is the second officer's word on an own statement. errs.RecognitionUnknown, errs.SharingSecondPerson for who
// said it, errs.AgreementNotNow if it binds already.
func (l *Ledger) ConfirmRecognition(ctx context.Context, by By, seq int) (sharing.Statement, error) {
	if err := l.may(by, office.ConfirmRecognition); err != nil {
		return sharing.Statement{}, err
	}
	return l.say(ctx, by, func(b *sharing.Book) (sharing.Statement, error) {
		r, ok := b.Recognition(l.Kit.Me, seq)
		switch {
		case !ok:
			return sharing.Statement{}, errs.New(errs.RecognitionUnknown, "%d", seq)
		case r.Binds():
			return sharing.Statement{}, errs.New(errs.AgreementNotNow, "%s binds", r.Name())
		case r.Officer == by.ID:
			return sharing.Statement{}, errs.New(errs.SharingSecondPerson, "%s said %s", by.ID, r.Name())
		}
		return sharing.Statement{Kind: sharing.Confirm, Confirms: seq, Demo: r.Demo}, nil
	})
}

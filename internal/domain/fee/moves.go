package fee

// State is where one payment, or one repayment, stands.
type State string

// The states of a payment.
const (
	Pending State = "pending" // asked of the bank, no answer yet
	Paid    State = "paid"    // the money is ours
	Failed  State = "failed"  // the bank says that it will not come
)

// The states of a repayment.
const (
	Owed     State = "owed"     // to be given back
	Asked    State = "asked"    // the bank was told to
	Returned State = "returned" // the payer has it again
)

// Word is what the bank, or a clerk with money in hand, says of a payment or a repayment.
type Word string

// The words.
const (
	SaysPaid     Word = "paid"
	SaysFailed   Word = "failed"
	SaysPending  Word = "pending"
	SaysAsked    Word = "asked"    // of a repayment: taken on
	SaysReturned Word = "returned" // of a repayment: done
)

// moves is all that may become of money: what is not here changes nothing. A payment that failed and then comes after all is
// paid: the bank's last word about money that it has counts. One that is paid never becomes unpaid; it is given back.
var moves = []struct {
	from State
	word Word
	to   State
}{
	{Pending, SaysPending, Pending},
	{Pending, SaysPaid, Paid},
	{Pending, SaysFailed, Failed},
	{Failed, SaysPaid, Paid},
	{Failed, SaysFailed, Failed},
	{Failed, SaysPending, Failed},
	{Paid, SaysPaid, Paid},
	{Paid, SaysPending, Paid},

	{Owed, SaysAsked, Asked},
	{Owed, SaysReturned, Returned},
	{Asked, SaysAsked, Asked},
	{Asked, SaysReturned, Returned},
	{Asked, SaysFailed, Owed}, // to be asked again
	{Returned, SaysReturned, Returned},
	{Returned, SaysAsked, Returned},
}

func next(from State, w Word) (State, bool) {
	for _, m := range moves {
		if m.from == from && m.word == w {
			return m.to, true
		}
	}
	return from, false
}

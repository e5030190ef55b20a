package workday

import (
	"encoding/json"
	"time"

	"github.com/bihuan/bihuan/internal/clock"
)

// Day is a day with what Reason says of it. In JSON it is
// {"on":"2024-02-10","reason":"春节"}.
type Day struct {
	On     time.Time
	Reason string
}

type dayJSON struct {
	On     string `json:"on"`
	Reason string `json:"reason"`
}

// MarshalJSON writes the day without a time, which would invite readers to
// shift it into their own zone.
func (d Day) MarshalJSON() ([]byte, error) {
	return json.Marshal(dayJSON{clock.Day(d.On).Format(time.DateOnly), d.Reason})
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (d *Day) UnmarshalJSON(b []byte) error {
	var in dayJSON
	if err := json.Unmarshal(b, &in); err != nil {
		return err
	}
	on, err := time.Parse(time.DateOnly, in.On)
	if err != nil {
		return err
	}
	*d = Day{On: on, Reason: in.Reason}
	return nil
}

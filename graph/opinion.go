package graph

import (
	"github.com/bihuan/bihuan/graph/model"
	"github.com/bihuan/bihuan/opinions"
)

func submission(in model.SubmitOpinionInput) opinions.Submission {
	out := opinions.Submission{
		Title: in.Title, Text: in.Text, Origin: opinions.Origin(value(in.Origin)), OnBehalf: in.OnBehalfOfID, Unit: in.UnitID,
		People: value(in.People), Urgent: value(in.Urgent), Topics: in.Topics, Reason: value(in.Reason),
	}
	if f := in.From; f != nil {
		out.From = &opinions.Outsider{
			Name: value(f.Name), Institution: value(f.Institution), Post: value(f.Post), HandedIn: f.HandedIn,
		}
	}
	return out
}

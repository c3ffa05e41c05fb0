// A provider in Go of one resource, for the benchmark of the provider: what HashiCorp's framework takes for what the
// resource skerry_cluster_profile does.
package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

func main() {
	options := providerserver.ServeOpts{Address: "skerry.dev/skerry/twin"}
	if err := providerserver.Serve(context.Background(), func() provider.Provider { return &twin{} }, options); err != nil {
		log.Fatal(err)
	}
}

type twin struct{}

func (*twin) Metadata(_ context.Context, _ provider.MetadataRequest, response *provider.MetadataResponse) {
	response.TypeName = "twin"
}
func (*twin) Schema(context.Context, provider.SchemaRequest, *provider.SchemaResponse) {}
func (*twin) DataSources(context.Context) []func() datasource.DataSource               { return nil }
func (*twin) Resources(context.Context) []func() resource.Resource {
	return []func() resource.Resource{func() resource.Resource { return &profile{} }}
}
func (*twin) Configure(_ context.Context, _ provider.ConfigureRequest, response *provider.ConfigureResponse) {
	authorities := x509.NewCertPool()
	authorities.AppendCertsFromPEM([]byte(os.Getenv("SKERRY_CA")))
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: authorities}}}
	response.ResourceData = client
}

type profile struct{ client *http.Client }

type pack struct {
	Name    types.String `tfsdk:"name" json:"-"`
	Version types.String `tfsdk:"version" json:"-"`
	Digest  types.String `tfsdk:"digest" json:"-"`
	Values  types.String `tfsdk:"values" json:"-"`
}

type model struct {
	ID      types.String `tfsdk:"id"`
	UID     types.String `tfsdk:"uid"`
	Project types.String `tfsdk:"project"`
	Name    types.String `tfsdk:"name"`
	Version types.String `tfsdk:"version"`
	Packs   []pack       `tfsdk:"packs"`
}

func (*profile) Metadata(_ context.Context, _ resource.MetadataRequest, response *resource.MetadataResponse) {
	response.TypeName = "twin_cluster_profile"
}

func (*profile) Schema(_ context.Context, _ resource.SchemaRequest, response *resource.SchemaResponse) {
	kept := []planmodifier.String{stringplanmodifier.UseStateForUnknown()}
	fixed := []planmodifier.String{stringplanmodifier.RequiresReplace()}
	response.Schema = schema.Schema{Attributes: map[string]schema.Attribute{
		"id":      schema.StringAttribute{Computed: true, PlanModifiers: kept},
		"uid":     schema.StringAttribute{Computed: true, PlanModifiers: kept},
		"project": schema.StringAttribute{Required: true, PlanModifiers: fixed},
		"name":    schema.StringAttribute{Required: true, PlanModifiers: fixed},
		"version": schema.StringAttribute{Required: true, PlanModifiers: fixed},
		"packs": schema.ListNestedAttribute{Required: true, NestedObject: schema.NestedAttributeObject{
			Attributes: map[string]schema.Attribute{
				"name":    schema.StringAttribute{Required: true},
				"version": schema.StringAttribute{Required: true},
				"digest":  schema.StringAttribute{Required: true},
				"values":  schema.StringAttribute{Optional: true},
			},
		}},
	}}
}

func (it *profile) Configure(_ context.Context, request resource.ConfigureRequest, _ *resource.ConfigureResponse) {
	if client, ok := request.ProviderData.(*http.Client); ok {
		it.client = client
	}
}

func (it *profile) ModifyPlan(ctx context.Context, request resource.ModifyPlanRequest, response *resource.ModifyPlanResponse) {
	if request.Plan.Raw.IsNull() || !request.State.Raw.IsNull() {
		return
	}
	var planned model
	response.Diagnostics.Append(request.Plan.Get(ctx, &planned)...)
	it.post(ctx, planned, "?dryRun=true", &response.Diagnostics)
}

func (it *profile) Create(ctx context.Context, request resource.CreateRequest, response *resource.CreateResponse) {
	var planned model
	response.Diagnostics.Append(request.Plan.Get(ctx, &planned)...)
	made := it.post(ctx, planned, "", &response.Diagnostics)
	planned.ID = types.StringValue(planned.Project.ValueString() + "/" + planned.object())
	planned.UID = types.StringValue(made.UID)
	response.Diagnostics.Append(response.State.Set(ctx, planned)...)
}

func (it *profile) Read(ctx context.Context, request resource.ReadRequest, response *resource.ReadResponse) {
	var state model
	response.Diagnostics.Append(request.State.Get(ctx, &state)...)
	found := it.send(ctx, http.MethodGet, state.address()+"/"+state.object(), nil, &response.Diagnostics)
	state.UID = types.StringValue(found.UID)
	state.Packs = nil
	for _, one := range found.Spec.Packs {
		values := types.StringNull()
		if one.Values != "" {
			values = types.StringValue(one.Values)
		}
		state.Packs = append(state.Packs, pack{types.StringValue(one.Name), types.StringValue(one.Version), types.StringValue(one.Digest), values})
	}
	response.Diagnostics.Append(response.State.Set(ctx, state)...)
}

func (*profile) Update(context.Context, resource.UpdateRequest, *resource.UpdateResponse) {}
func (it *profile) Delete(ctx context.Context, request resource.DeleteRequest, response *resource.DeleteResponse) {
	var state model
	response.Diagnostics.Append(request.State.Get(ctx, &state)...)
	it.send(ctx, http.MethodDelete, state.address()+"/"+state.object(), nil, &response.Diagnostics)
}

type wirePack struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	Digest  string `json:"digest"`
	Values  string `json:"values,omitempty"`
}
type wireSpec struct {
	Name    string     `json:"name"`
	Version string     `json:"version"`
	Packs   []wirePack `json:"packs"`
}
type wire struct {
	Name string   `json:"name"`
	UID  string   `json:"uid,omitempty"`
	Spec wireSpec `json:"spec"`
}

func (planned model) object() string {
	return planned.Name.ValueString() + "-" + planned.Version.ValueString()
}
func (planned model) address() string {
	return "/api/v1/projects/" + planned.Project.ValueString() + "/clusterprofiles"
}

func (it *profile) post(ctx context.Context, planned model, query string, diagnostics *diag.Diagnostics) wire {
	object := wire{Name: planned.object(), Spec: wireSpec{Name: planned.Name.ValueString(), Version: planned.Version.ValueString()}}
	for _, one := range planned.Packs {
		object.Spec.Packs = append(object.Spec.Packs, wirePack{one.Name.ValueString(), one.Version.ValueString(), one.Digest.ValueString(), one.Values.ValueString()})
	}
	return it.send(ctx, http.MethodPost, planned.address()+query, object, diagnostics)
}

func (it *profile) send(ctx context.Context, method string, path string, body any, diagnostics *diag.Diagnostics) wire {
	var sent io.Reader
	if body != nil {
		text, _ := json.Marshal(body)
		sent = bytes.NewReader(text)
	}
	request, err := http.NewRequestWithContext(ctx, method, os.Getenv("SKERRY_HUB")+path, sent)
	if err != nil {
		diagnostics.AddError("request", err.Error())
		return wire{}
	}
	request.Header.Set("content-type", "application/json")
	request.Header.Set("authorization", "Bearer "+os.Getenv("SKERRY_TOKEN"))
	answer, err := it.client.Do(request)
	if err != nil {
		diagnostics.AddError("hub", err.Error())
		return wire{}
	}
	defer answer.Body.Close()
	text, _ := io.ReadAll(answer.Body)
	if answer.StatusCode >= 300 {
		diagnostics.AddError(fmt.Sprint(answer.StatusCode), string(text))
		return wire{}
	}
	var found wire
	_ = json.Unmarshal(text, &found)
	return found
}

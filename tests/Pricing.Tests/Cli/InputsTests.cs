using System.Net;
using NUnit.Framework;
using Pricing.Cli;
using Pricing.Cli.Commands;
using Pricing.Cli.Serving;

namespace Pricing.Tests.Cli;

[TestFixture]
public sealed class InputsTests
{
    [Test]
    public void Quantities_may_be_listed_and_repeated_and_odd_ones_are_left_to_the_platform()
    {
        Assert.That(Inputs.ParseQuantities(["1,10", "100"]), Is.EqualTo(new long[] { 1, 10, 100 }));
        Assert.That(Inputs.ParseQuantities(["0,-1,1000000000"]), Is.EqualTo(new long[] { 0, -1, 1_000_000_000 }));
    }

    [Test]
    public void Listed_processes_materials_and_lead_times_are_combined()
    {
        var combined = QuoteCommand.Combine(["fdm,sla"], ["pla", "tough"], null, ["express"]);

        Assert.That(combined.Select(one => $"{one.Process}/{one.Material}/{one.Finish}/{one.LeadTime}"),
            Is.EqualTo(new[] { "fdm/pla//express", "fdm/tough//express", "sla/pla//express", "sla/tough//express" }));
        Assert.That(QuoteCommand.Combine(null, null, null, null), Has.Count.EqualTo(1), "the platform's own default is one empty configuration");
    }

    [Test]
    public void A_product_of_long_lists_stays_bounded()
    {
        string[] many = [.. Enumerable.Range(0, 1000).Select(i => $"m{i}")];

        Assert.That(QuoteCommand.Combine(many, many, many, many), Has.Count.EqualTo(Limits.Quote.ConfigurationsMax + 1));
    }

    [Test]
    public void Roles_are_any_set_and_default_to_all()
    {
        Assert.That(ServeCommand.ParseRoles([]), Is.EqualTo(Roles.All));
        Assert.That(ServeCommand.ParseRoles(["node", "facade"]), Is.EqualTo(Roles.Node | Roles.Facade));
        Assert.That(ServeCommand.ParseRoles(["Coordinator,node"]), Is.EqualTo(Roles.Coordinator | Roles.Node));
    }

    [TestCase("127.0.0.1:0", "127.0.0.1:0")]
    [TestCase("localhost:8080", "127.0.0.1:8080")]
    [TestCase("0.0.0.0:50051", "0.0.0.0:50051")]
    [TestCase("[::1]:7000", "[::1]:7000")]
    [TestCase("*:80", "[::]:80")]
    public void Listening_addresses(string text, string expected) =>
        Assert.That(ServeCommand.ParseEndPoint("--listen", text), Is.EqualTo(IPEndPoint.Parse(expected)));

    [TestCase("localhost")]
    [TestCase("8080")]
    [TestCase("127.0.0.1")]
    [TestCase("127.0.0.1:70000")]
    [TestCase("example.com:80")]
    [TestCase(":80")]
    public void What_is_no_listening_address_is_refused(string text) =>
        Assert.That(() => ServeCommand.ParseEndPoint("--listen", text), Throws.TypeOf<FaultException>()
            .With.Property("Fault").Property("Reason").EqualTo("NOT_AN_ADDRESS"));

    [Test]
    public void The_home_is_PRICING_HOME_else_XDG_else_below_the_user()
    {
        Assert.That(Terminal.HomeOf("/data/p", "/xdg", "/users/ann"), Is.EqualTo("/data/p"));
        Assert.That(Terminal.HomeOf("", "/xdg", "/users/ann"), Is.EqualTo("/xdg/pricing"));
        Assert.That(Terminal.HomeOf(null, null, "/users/ann"), Is.EqualTo("/users/ann/.local/share/pricing"));
        Assert.That(Terminal.HomeOf(null, "relative", "/users/ann"), Is.EqualTo("/users/ann/.local/share/pricing"), "XDG: relative values are ignored");
    }
}

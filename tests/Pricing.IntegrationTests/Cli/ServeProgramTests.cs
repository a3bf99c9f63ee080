using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;
using NUnit.Framework;
using Pricing.Client;
using Pricing.Quoting.V1;

namespace Pricing.IntegrationTests.Cli;

/// <summary><c>pricing serve</c> as a process: ready lines, quotes through it, an orderly end.</summary>
[TestFixture]
[CancelAfter(600_000)]
public sealed class ServeProgramTests
{
    ProgramHome _home = null!;

    [OneTimeSetUp]
    public async Task MakeModel()
    {
        _home = new ProgramHome();
        var torus = await PricingProgram.RunAsync(_home.Folder, "generate", "--triangles", "5000", "--out", _home.File("torus.stl"));
        Assert.That(torus.ExitCode, Is.Zero, torus.Error);
    }

    [OneTimeTearDown]
    public void RemoveHome() => _home.Dispose();

    [Test]
    public async Task All_roles_say_where_they_are_quotes_go_through_and_SIGTERM_ends_it_with_0_although_a_watch_is_open()
    {
        await using var server = PricingProgram.Start(_home.Folder, "serve", "--listen", "127.0.0.1:0", "--http", "127.0.0.1:0", "--node-name", "press-1", "--log-level", "Warning");
        var coordinator = await server.ReadyAsync("coordinator");
        Assert.That(await server.ReadyAsync("node"), Is.EqualTo("press-1"));
        var facade = await server.ReadyAsync("facade");

        var quoted = await PricingProgram.RunAsync(_home.Folder, "quote", "--json", "--server", coordinator, _home.File("torus.stl"));
        Assert.That(quoted.ExitCode, Is.Zero, quoted.Error);
        Assert.That(quoted.Json.GetProperty("timing_ms").GetProperty("start").GetDouble(), Is.Zero);
        using var http = new HttpClient();
        var name = quoted.Json.GetProperty("quote").GetString()!;
        var overRest = await http.GetStringAsync($"{facade}/v1/quotes/{name[(name.LastIndexOf('/') + 1)..]}");
        Assert.That(overRest, Does.Contain(name));

        using var channel = GrpcChannel.ForAddress(coordinator);
        using var health = new Health.HealthClient(channel).Watch(new HealthCheckRequest());
        Assert.That(await health.ResponseStream.MoveNext(CancellationToken.None), Is.True);
        Assert.That(health.ResponseStream.Current.Status, Is.EqualTo(HealthCheckResponse.Types.ServingStatus.Serving));

        await server.SignalAsync("TERM");
        var ended = await server.WaitAsync();

        Assert.That(ended.ExitCode, Is.Zero, ended.Error);
        Assert.That(ended.Out, Is.Empty, "nothing but ready lines on stdout");
    }

    [Test]
    public async Task A_watch_of_a_quote_that_waits_for_a_node_ends_with_UNAVAILABLE_before_the_program_ends()
    {
        // A coordinator alone: without a node the quote stays measuring and the watch stays open.
        await using var server = PricingProgram.Start(_home.Folder, "serve", "--roles", "coordinator", "--listen", "127.0.0.1:0", "--log-level", "Warning");
        var coordinator = new Uri(await server.ReadyAsync("coordinator"));
        await using var client = new PricingClient(coordinator);
        var upload = await client.Models.UploadAsync(_home.File("torus.stl"));
        // A scale nobody measured yet.
        var quote = await client.Quotes.CreateAsync(upload.Model, new QuoteRequest { Quantities = [1], MeasureOptions = new MeasureOptions { Scale = 1.0625 } });
        Assert.That(quote.State, Is.EqualTo(Quote.Types.State.Measuring));
        using var channel = GrpcChannel.ForAddress(coordinator);
        using var watch = new QuoteService.QuoteServiceClient(channel).WatchQuote(new WatchQuoteRequest { Name = quote.Name });
        Assert.That(await watch.ResponseStream.MoveNext(CancellationToken.None), Is.True, "the first frame comes at once");

        await server.SignalAsync("TERM");
        var ending = server.WaitAsync();
        var status = StatusCode.OK;
        try
        {
            while (await watch.ResponseStream.MoveNext(CancellationToken.None))
            {
            }
        }
        catch (RpcException ended)
        {
            status = ended.StatusCode;
        }

        Assert.That(status, Is.EqualTo(StatusCode.Unavailable));
        Assert.That((await ending).ExitCode, Is.Zero);
    }

    [Test]
    public async Task A_node_in_a_process_of_its_own_measures_for_a_coordinator_in_another()
    {
        await using var server = PricingProgram.Start(_home.Folder, "serve", "--roles", "coordinator", "--listen", "127.0.0.1:0", "--log-level", "Warning");
        var coordinator = await server.ReadyAsync("coordinator");
        await using var node = PricingProgram.Start(_home.Folder, "serve", "--roles", "node", "--coordinator", coordinator, "--node-name", "press-2", "--log-level", "Warning");
        Assert.That(await node.ReadyAsync("node"), Is.EqualTo("press-2"));

        var quoted = await PricingProgram.RunAsync(_home.Folder, "quote", "--json", "--server", coordinator, "--scale", "1.125", _home.File("torus.stl"));

        Assert.That(quoted.ExitCode, Is.Zero, quoted.Error);
        Assert.That(quoted.Json.GetProperty("cached").GetBoolean(), Is.False);
        await node.SignalAsync("TERM");
        Assert.That((await node.WaitAsync()).ExitCode, Is.Zero);
    }

    [Test]
    public async Task A_port_in_use_is_one_sentence_and_exit_code_69()
    {
        await using var server = PricingProgram.Start(_home.Folder, "serve", "--roles", "coordinator", "--listen", "127.0.0.1:0", "--log-level", "Warning");
        var taken = new Uri(await server.ReadyAsync("coordinator")).Authority;
        var second = await PricingProgram.RunAsync(_home.Folder, "serve", "--roles", "coordinator", "--listen", taken, "--log-level", "None");

        Assert.That(second.ExitCode, Is.EqualTo(69), second.Error);
        Assert.That(second.Error, Does.Contain("[ADDRESS_IN_USE;").And.Contain(taken).And.Not.Contain("   at "));
        Assert.That(second.Out, Is.Empty);
    }

    [Test]
    public async Task A_server_that_is_not_there_is_exit_code_69()
    {
        var quoted = await PricingProgram.RunAsync(_home.Folder, "quote", "--json", "--server", "http://127.0.0.1:1", _home.File("torus.stl"));

        Assert.That(quoted.ExitCode, Is.EqualTo(69), quoted.Error);
        Assert.That(quoted.Json.GetProperty("error").GetProperty("reason").GetString(), Is.EqualTo("UNAVAILABLE"));
        Assert.That(quoted.Error, Does.Contain("http://127.0.0.1:1"));
    }

    [Test]
    public async Task Interrupting_a_quote_ends_it_as_a_shell_expects()
    {
        await using var server = PricingProgram.Start(_home.Folder, "serve", "--roles", "coordinator", "--listen", "127.0.0.1:0", "--log-level", "Warning");
        var coordinator = new Uri(await server.ReadyAsync("coordinator"));
        await using var quote = PricingProgram.Start(_home.Folder, "quote", "--server", coordinator.ToString(), "--scale", "1.1875", _home.File("torus.stl"));
        // No node: the quote waits. Its appearance in the list is the signal that the program is watching it.
        await using var client = new PricingClient(coordinator);
        while (!await AnyAsync(client))
            await Task.Yield();

        await quote.SignalAsync("INT");

        Assert.That((await quote.WaitAsync()).ExitCode, Is.EqualTo(130));

        static async Task<bool> AnyAsync(PricingClient client)
        {
            await foreach (var listed in client.Quotes.ListAsync(TestContext.CurrentContext.CancellationToken))
                if (listed.MeasureOptions is { Scale: 1.1875 })
                    return true;
            return false;
        }
    }
}

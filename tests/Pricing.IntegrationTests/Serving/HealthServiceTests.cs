using Grpc.Core;
using Grpc.Health.V1;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using NUnit.Framework;
using Pricing.Cli.Serving;
using Pricing.IntegrationTests.Grpc;
using static Grpc.Health.V1.HealthCheckResponse.Types;

namespace Pricing.IntegrationTests.Serving;

sealed class HealthServiceTests
{
    const string Orders = "pricing.orders.v1.OrderService";

    ProbeServer _server = null!;
    HealthService _health = null!;
    Health.HealthClient _client = null!;

    [SetUp]
    public async Task StartServer()
    {
        _server = await ProbeServer.StartAsync(
            services: services => services.AddSingleton<HealthService>(),
            map: routes => routes.MapGrpcService<HealthService>());
        _health = _server.Services.GetRequiredService<HealthService>();
        _client = new Health.HealthClient(_server.Channel());
    }

    [TearDown]
    public async Task StopServer() => await _server.DisposeAsync();

    [Test]
    public async Task Check_tells_the_status_of_each_service_and_of_the_whole()
    {
        _health.Set(HealthService.WholeServer, ServingStatus.Serving);
        _health.Set(Orders, ServingStatus.NotServing);

        Assert.That((await _client.CheckAsync(new HealthCheckRequest())).Status, Is.EqualTo(ServingStatus.Serving));
        Assert.That((await _client.CheckAsync(new HealthCheckRequest { Service = Orders })).Status, Is.EqualTo(ServingStatus.NotServing));
    }

    [Test]
    public async Task Check_of_an_unknown_service_is_not_found()
    {
        var error = await Assert.ThrowsAsync<RpcException>(async () => await _client.CheckAsync(new HealthCheckRequest { Service = "no.such" }));

        Assert.That(error!.StatusCode, Is.EqualTo(StatusCode.NotFound));
    }

    [Test]
    public async Task List_tells_every_status()
    {
        _health.Set(HealthService.WholeServer, ServingStatus.Serving);
        _health.Set(Orders, ServingStatus.NotServing);

        var list = await _client.ListAsync(new HealthListRequest());

        Assert.That(list.Statuses.ToDictionary(pair => pair.Key, pair => pair.Value.Status), Is.EquivalentTo(
            new Dictionary<string, ServingStatus> { [""] = ServingStatus.Serving, [Orders] = ServingStatus.NotServing }));
    }

    [Test]
    public async Task Watch_tells_the_status_now_and_every_change_once()
    {
        using var call = _client.Watch(new HealthCheckRequest { Service = Orders });

        Assert.That(await NextAsync(call), Is.EqualTo(ServingStatus.ServiceUnknown));
        _health.Set(Orders, ServingStatus.Serving);
        Assert.That(await NextAsync(call), Is.EqualTo(ServingStatus.Serving));
        for (var round = 0; round < 50; round++)
        {
            // The watch wakes and looks, and has nothing to tell. The round trip gives it the time to do so.
            _health.Set(Orders, ServingStatus.Serving);
            _health.Set("another.Service", ServingStatus.NotServing);
            await _client.CheckAsync(new HealthCheckRequest { Service = Orders });
        }
        _health.Set(Orders, ServingStatus.NotServing);
        Assert.That(await NextAsync(call), Is.EqualTo(ServingStatus.NotServing));
    }

    [Test]
    public async Task Cancelled_watch_ends_at_the_client()
    {
        using var cancel = new CancellationTokenSource();
        using var call = _client.Watch(new HealthCheckRequest(), cancellationToken: cancel.Token);
        await NextAsync(call);

        await cancel.CancelAsync();

        var error = await Assert.ThrowsAsync<RpcException>(() => NextAsync(call));
        Assert.That(error!.StatusCode, Is.EqualTo(StatusCode.Cancelled));
    }

    [Test]
    public async Task Stopping_says_not_serving_and_ends_the_watch_without_holding_up_the_shutdown()
    {
        _health.Set(HealthService.WholeServer, ServingStatus.Serving);
        using var call = _client.Watch(new HealthCheckRequest());
        Assert.That(await NextAsync(call), Is.EqualTo(ServingStatus.Serving));

        // Kestrel alone would wait for the open stream until its shutdown timeout, 30 seconds.
        var stop = _server.StopAsync().WaitAsync(TimeSpan.FromSeconds(10));

        Assert.That(await NextAsync(call), Is.EqualTo(ServingStatus.NotServing));
        Assert.That(await call.ResponseStream.MoveNext(CancellationToken.None), Is.False);
        Assert.That(call.GetStatus().StatusCode, Is.EqualTo(StatusCode.OK));
        await stop;
    }

    static async Task<ServingStatus> NextAsync(AsyncServerStreamingCall<HealthCheckResponse> call)
    {
        Assert.That(await call.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(ProbeServer.Patience), Is.True);
        return call.ResponseStream.Current.Status;
    }
}

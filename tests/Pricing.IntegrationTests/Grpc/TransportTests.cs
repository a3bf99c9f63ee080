using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Net.Client.Configuration;
using Microsoft.AspNetCore.Hosting;
using NUnit.Framework;
using Pricing.IntegrationTests.Grpc.Probing;

namespace Pricing.IntegrationTests.Grpc;

/// <summary>Channels: retries, credentials, TLS and other roads than TCP.</summary>
sealed class TransportTests
{
    [Test]
    public async Task Retry_policy_tries_again_until_the_server_is_available()
    {
        await using var server = await ProbeServer.StartAsync();
        var client = server.Client(RetryUnavailable(maxAttempts: 4));

        var answer = await client.FailAsync(new Ask { Text = "unavailable until", Number = 3 });

        Assert.That(answer.Number, Is.EqualTo(3));
        Assert.That(server.Log.Attempts, Is.EqualTo(3));
        Assert.That(server.Log.LastRequestHeaders.GetValue("grpc-previous-rpc-attempts"), Is.EqualTo("2"));
    }

    [Test]
    public async Task Retry_policy_gives_up_after_its_attempts()
    {
        await using var server = await ProbeServer.StartAsync();
        var client = server.Client(RetryUnavailable(maxAttempts: 3));

        var error = await Assert.ThrowsAsync<RpcException>(
            async () => await client.FailAsync(new Ask { Text = "unavailable until", Number = 100 }));

        Assert.That(error!.StatusCode, Is.EqualTo(StatusCode.Unavailable));
        Assert.That(server.Log.Attempts, Is.EqualTo(3));
    }

    [Test]
    public async Task Call_credentials_ride_on_a_tls_channel_and_name_the_service()
    {
        using var certificate = SelfSigned();
        await using var server = await ProbeServer.StartAsync(listen: options => options.UseHttps(certificate));
        using var handler = TrustingOnly(certificate);
        AuthInterceptorContext? asked = null;
        var token = CallCredentials.FromInterceptor((context, metadata) =>
        {
            asked = context;
            metadata.Add("authorization", "Bearer t0k3n");
            return Task.CompletedTask;
        });
        var client = server.Client(channel =>
        {
            channel.HttpHandler = handler;
            channel.Credentials = ChannelCredentials.Create(ChannelCredentials.SecureSsl, token);
        });

        await client.EchoAsync(new Ask());

        Assert.Multiple(() =>
        {
            Assert.That(server.Log.LastRequestHeaders.GetValue("authorization"), Is.EqualTo("Bearer t0k3n"));
            Assert.That(asked!.MethodName, Is.EqualTo("Echo"));
            Assert.That(asked.ServiceUrl, Does.StartWith("https://").And.EndsWith("/probe.v1.Probe"));
        });
    }

    [Test]
    public async Task Composed_call_credentials_are_all_sent()
    {
        using var certificate = SelfSigned();
        await using var server = await ProbeServer.StartAsync(listen: options => options.UseHttps(certificate));
        using var handler = TrustingOnly(certificate);
        var client = server.Client(channel => channel.HttpHandler = handler);
        var both = CallCredentials.Compose(Header("first", "1"), Header("second", "2"));

        await client.EchoAsync(new Ask(), new CallOptions(credentials: both));

        Assert.That(server.Log.LastRequestHeaders.GetValue("first"), Is.EqualTo("1"));
        Assert.That(server.Log.LastRequestHeaders.GetValue("second"), Is.EqualTo("2"));
    }

    [Test]
    public async Task Call_credentials_stay_off_a_channel_without_tls_unless_it_says_otherwise()
    {
        await using var server = await ProbeServer.StartAsync();
        var options = new CallOptions(credentials: Header("secret", "s"));

        await server.Client().EchoAsync(new Ask(), options);
        var plain = server.Log.LastRequestHeaders.GetValue("secret");
        await server.Client(channel => channel.UnsafeUseInsecureChannelCallCredentials = true).EchoAsync(new Ask(), options);
        var forced = server.Log.LastRequestHeaders.GetValue("secret");

        Assert.That((plain, forced), Is.EqualTo(((string?)null, "s")));
    }

    [Test]
    public async Task Certificate_that_is_not_trusted_ends_the_call()
    {
        using var certificate = SelfSigned();
        using var other = SelfSigned();
        await using var server = await ProbeServer.StartAsync(listen: options => options.UseHttps(certificate));
        using var handler = TrustingOnly(other);
        var client = server.Client(channel => channel.HttpHandler = handler);

        await Assert.ThrowsAsync<RpcException>(async () => await client.EchoAsync(new Ask()));

        Assert.That(server.Log.Attempts, Is.Zero);
    }

    [Test]
    public async Task Unix_domain_socket_carries_calls()
    {
        var folder = Directory.CreateTempSubdirectory("probe");
        try
        {
            var path = Path.Combine(folder.FullName, "s");
            await using var server = await ProbeServer.StartAsync(unixSocket: path);
            using var handler = new SocketsHttpHandler
            {
                ConnectCallback = async (_, cancellationToken) =>
                {
                    var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                    await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken);
                    return new NetworkStream(socket, ownsSocket: true);
                },
            };
            var channel = server.Channel(options => options.HttpHandler = handler, address: "http://localhost");
            using var call = new Probe.ProbeClient(channel).Chat();

            await call.RequestStream.WriteAsync(new Ask { Number = 21 });
            await call.ResponseStream.MoveNext(CancellationToken.None);

            Assert.That(call.ResponseStream.Current.Number, Is.EqualTo(42));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Test]
    public async Task Channel_reports_when_it_is_connected_and_shut_down()
    {
        await using var server = await ProbeServer.StartAsync();
        var channel = server.Channel();
        Assert.That(channel.State, Is.EqualTo(ConnectivityState.Idle));

        using var patience = new CancellationTokenSource(ProbeServer.Patience);
        await channel.ConnectAsync(patience.Token);
        Assert.That(channel.State, Is.EqualTo(ConnectivityState.Ready));

        channel.Dispose();
        Assert.That(channel.State, Is.EqualTo(ConnectivityState.Shutdown));
    }

    static Action<GrpcChannelOptions> RetryUnavailable(int maxAttempts) => channel => channel.ServiceConfig = new ServiceConfig
    {
        MethodConfigs =
        {
            new MethodConfig
            {
                Names = { MethodName.Default },
                RetryPolicy = new RetryPolicy
                {
                    MaxAttempts = maxAttempts,
                    InitialBackoff = TimeSpan.FromMilliseconds(1),
                    MaxBackoff = TimeSpan.FromMilliseconds(5),
                    BackoffMultiplier = 2,
                    RetryableStatusCodes = { StatusCode.Unavailable },
                },
            },
        },
    };

    static CallCredentials Header(string key, string value) => CallCredentials.FromInterceptor((_, metadata) =>
    {
        metadata.Add(key, value);
        return Task.CompletedTask;
    });

    static X509Certificate2 SelfSigned()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        // Through PKCS#12, because a server cannot use an ephemeral key on every platform.
        return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null);
    }

    static SocketsHttpHandler TrustingOnly(X509Certificate2 certificate) => new()
    {
        SslOptions = { RemoteCertificateValidationCallback = (_, peer, _, _) => peer!.GetCertHashString() == certificate.GetCertHashString() },
    };
}

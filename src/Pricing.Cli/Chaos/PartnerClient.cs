using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Pricing.Quoting.V1;

namespace Pricing.Cli.Chaos;

/// <summary>
/// One partner's program: sends new models and known ones, asks for prices, watches, cancels, repeats itself, makes mistakes. It never gives up on a
/// request whose outcome it does not know, and it believes every OK.
/// </summary>
sealed class PartnerClient(string partner, RecordedCalls calls, ModelShelf shelf, Random random)
{
    readonly string _parent = $"partners/{partner}";
    readonly List<string> _quotesOfOthers = [];
    int _overheard;

    /// <summary>What this one learned that others may try to see.</summary>
    public event Action<string>? Accepted;

    /// <summary>A quote of another partner: asking for it must not reveal it.</summary>
    public void Overhear(string quote)
    {
        lock (_quotesOfOthers)
        {
            if (_quotesOfOthers.Count < Limits.Chaos.OverheardMax)
                _quotesOfOthers.Add(quote);
            else
                _quotesOfOthers[_overheard++ % _quotesOfOthers.Count] = quote;
        }
    }

    /// <summary>Works until <paramref name="closing"/>; what has begun by then is ended.</summary>
    public async Task RunAsync(CancellationToken closing, CancellationToken cancellation)
    {
        while (!closing.IsCancellationRequested && !cancellation.IsCancellationRequested)
        {
            await ActAsync(cancellation);
            await calls.PauseAsync(Limits.Chaos.ThinkMs, closing);
        }
    }

    Task ActAsync(CancellationToken cancellation) => random.Next(100) switch
    {
        < 30 => AskForNewAsync(DrawTriangles(), broken: false, cancellation),
        < 34 => AskForNewAsync(200, broken: true, cancellation),
        < 64 => AskForKnownAsync(newOptions: false, cancellation),
        < 74 => AskForKnownAsync(newOptions: true, cancellation),
        < 92 => PreviewAsync(TimeSpan.FromSeconds(Limits.Chaos.CallSeconds), persist: true, cancellation),
        < 95 => AskForNonsenseAsync(cancellation),
        < 97 => PeepAsync(cancellation),
        _ => UploadAgainAsync(cancellation),
    };

    /// <summary>A model of so many triangles, one after the other: sent, asked for, waited for.</summary>
    public async Task AskForNewAsync(int triangles, bool broken, CancellationToken cancellation, bool keep = true)
    {
        var spec = shelf.Next(triangles, broken);
        var file = spec.Make();
        var sha256 = ModelSpec.Sha256(file);
        shelf.Note(sha256, spec);
        if (await UploadAsync(file, sha256, cancellation) is null)
            return;
        if (!broken && keep)
            shelf.Keep(partner, sha256);
        await AskAsync(Questions.Draw(partner, sha256, random, newOptions: false), cancellation);
    }

    async Task AskForKnownAsync(bool newOptions, CancellationToken cancellation)
    {
        if (shelf.Any(partner, random) is { } sha256)
            await AskAsync(Questions.Draw(partner, sha256, random, newOptions), cancellation);
    }

    async Task UploadAgainAsync(CancellationToken cancellation)
    {
        if (shelf.Any(partner, random) is { } sha256)
            await UploadAsync(shelf.Find(sha256).Make(), sha256, cancellation);
    }

    /// <summary>From a hundred triangles to a hundred thousand, small ones more often.</summary>
    int DrawTriangles() => random.Next(60) == 0 ? 100_000 : (int)(100 * Math.Pow(200, random.NextDouble()));

    Task<Model?> UploadAsync(byte[] file, string sha256, CancellationToken cancellation) => calls.PersistAsync(new RecordedCall<Model>(
        "upload", sha256, new CallFacts { Partner = partner, Model = sha256 },
        async (door, options) =>
        {
            using var call = door.Models.UploadModel(options);
            try
            {
                await call.RequestStream.WriteAsync(new UploadModelRequest
                {
                    Header = new UploadHeader { Parent = _parent, Sha256 = sha256, SizeBytes = file.Length, FileName = "part.stl" },
                }, options.CancellationToken);
                for (var at = 0; at < file.Length; at += Limits.Wire.ChunkBytes)
                {
                    var chunk = UnsafeByteOperations.UnsafeWrap(file.AsMemory(at, Math.Min(Limits.Wire.ChunkBytes, file.Length - at)));
                    await call.RequestStream.WriteAsync(new UploadModelRequest { Chunk = chunk }, options.CancellationToken);
                }
                await call.RequestStream.CompleteAsync();
            }
            catch (Exception early) when (early is RpcException or InvalidOperationException or HttpRequestException or IOException)
            {
                // The answer came before the last byte was sent; it says why.
            }
            return await call;
        },
        (model, facts) => facts with { State = model.State.ToString() }), cancellation);

    /// <summary>One request from its id to its end.</summary>
    async Task AskAsync(Quote asked, CancellationToken cancellation)
    {
        shelf.NoteQuestion(Questions.DigestOf(asked), asked);
        var request = new CreateQuoteRequest { Parent = _parent, RequestId = DrawId(), Quote = asked };
        if (random.Next(4) == 0)
            request.Wait = Duration.FromTimeSpan(TimeSpan.FromSeconds(2));
        // An impatient one: hangs up early, and asks again.
        if (random.Next(20) == 0)
            await calls.TryOnceAsync(Create(request) with { Deadline = TimeSpan.FromMilliseconds(random.Next(1, 60)) }, cancellation);
        if (await calls.PersistAsync(Create(request), cancellation) is not { } quote)
            return;
        Accepted?.Invoke(quote.Name);
        if (random.Next(16) == 0)
            await CancelAsync(quote.Name, cancellation);
        if (random.Next(10) == 0)
            await calls.TryOnceAsync(Create(request), cancellation);
        if (random.Next(30) == 0)
            await ReuseIdAsync(request, cancellation);
        // Some go away and never look again: the platform owes them an end all the same.
        var patience = random.Next(5);
        if (patience < 2)
            await WatchAsync(quote.Name, cancellation);
        else if (patience < 4)
            await PollAsync(quote.Name, cancellation);
    }

    RecordedCall<Quote> Create(CreateQuoteRequest request) => new(
        "create", request.RequestId,
        new CallFacts { Partner = partner, Model = request.Quote.Model[(request.Quote.Model.LastIndexOf('/') + 1)..], Question = Questions.DigestOf(request.Quote) },
        (door, options) => door.Quotes.CreateQuoteAsync(request, options).ResponseAsync, Learned);

    /// <summary>Another question under the same id: refused, whichever coordinator is asked.</summary>
    Task<Quote?> ReuseIdAsync(CreateQuoteRequest request, CancellationToken cancellation)
    {
        var other = request.Clone();
        other.Quote.Quantities.Add(7);
        var call = Create(other);
        return calls.PersistAsync(call with { Facts = call.Facts with { Expected = ["REQUEST_ID_REUSED"], MustFail = true } }, cancellation);
    }

    Task<Quote?> AskForNonsenseAsync(CancellationToken cancellation)
    {
        if (shelf.Any(partner, random) is not { } sha256)
            return Task.FromResult<Quote?>(null);
        var asked = Questions.Draw(partner, sha256, random, newOptions: false);
        asked.Configurations.Clear();
        asked.Configurations.Add(new Configuration { Process = "fdm", Material = "unobtainium" });
        var call = Create(new CreateQuoteRequest { Parent = _parent, RequestId = DrawId(), Quote = asked });
        return calls.PersistAsync(call with { Facts = call.Facts with { Expected = ["UNKNOWN_MATERIAL"], MustFail = true } }, cancellation);
    }

    async Task CancelAsync(string name, CancellationToken cancellation) => await calls.PersistAsync(new RecordedCall<Quote>(
        "cancel", name, new CallFacts { Partner = partner, Quote = name, Expected = ["QUOTE_ENDED"] },
        (door, options) => door.Quotes.CancelQuoteAsync(new CancelQuoteRequest { Name = name }, options).ResponseAsync, Learned), cancellation);

    async Task PollAsync(string name, CancellationToken cancellation)
    {
        for (var looks = 0; looks < Limits.Chaos.LooksMax && !cancellation.IsCancellationRequested; looks++)
        {
            if (await calls.PersistAsync(Get(name), cancellation) is { } quote && IsTerminal(quote))
                return;
            await calls.PauseAsync(Limits.Chaos.LookPauseMs, cancellation);
        }
    }

    RecordedCall<Quote> Get(string name) => new(
        "get", name, new CallFacts { Partner = partner, Quote = name },
        (door, options) => door.Quotes.GetQuoteAsync(new GetQuoteRequest { Name = name }, options).ResponseAsync, Learned);

    /// <summary>Somebody else's quote, by its name and by ours: it does not exist for us.</summary>
    async Task PeepAsync(CancellationToken cancellation)
    {
        string? other;
        lock (_quotesOfOthers)
            other = _quotesOfOthers.Count > 0 ? _quotesOfOthers[random.Next(_quotesOfOthers.Count)] : null;
        if (other is null)
            return;
        var call = Get($"{_parent}/quotes/{other[(other.LastIndexOf('/') + 1)..]}");
        await calls.PersistAsync(call with { Facts = call.Facts with { Expected = ["QUOTE_NOT_FOUND"], MustFail = true } }, cancellation);
    }

    /// <summary>Watches to the end; a stream that breaks, or is silent for longer than its heartbeats allow, is opened again.</summary>
    Task<Quote?> WatchAsync(string name, CancellationToken cancellation) => calls.PersistAsync(new RecordedCall<Quote>(
        "watch", name, new CallFacts { Partner = partner, Quote = name },
        async (door, options) =>
        {
            using var silence = CancellationTokenSource.CreateLinkedTokenSource(options.CancellationToken);
            silence.CancelAfter(TimeSpan.FromSeconds(Limits.Chaos.SilenceSeconds));
            using var call = door.Quotes.WatchQuote(new WatchQuoteRequest { Name = name }, options.WithCancellationToken(silence.Token));
            await foreach (var frame in call.ResponseStream.ReadAllAsync(silence.Token))
            {
                if (frame.EventCase == WatchQuoteResponse.EventOneofCase.Quote)
                    return frame.Quote;
                silence.CancelAfter(TimeSpan.FromSeconds(Limits.Chaos.SilenceSeconds));
            }
            // Ended without a word though nobody refused anything: a broken promise, noted as a refusal without a reason.
            throw new RpcException(new Status(StatusCode.OutOfRange, "The stream ended before the quote did."));
        }, Learned)
    { Deadline = TimeSpan.FromSeconds(Limits.Chaos.WatchSeconds) }, cancellation);

    async Task PreviewAsync(TimeSpan deadline, bool persist, CancellationToken cancellation)
    {
        if (shelf.Any(partner, random) is not { } sha256)
            return;
        var asked = Questions.Draw(partner, sha256, random, newOptions: false);
        var call = new RecordedCall<PreviewPricesResponse>(
            "preview", Questions.DigestOf(asked),
            // Not measured yet is a right answer: the model may still be waiting.
            new CallFacts { Partner = partner, Model = sha256, Question = Questions.DigestOf(asked), Expected = ["MEASUREMENT_UNKNOWN"] },
            (door, options) => door.Prices.PreviewPricesAsync(new PreviewPricesRequest { Parent = _parent, Quote = asked }, options).ResponseAsync,
            (answer, facts) => facts with { PriceList = answer.PriceListVersion, Prices = Questions.DigestOf(answer.Prices) })
        { Deadline = deadline };
        if (persist)
            await calls.PersistAsync(call, cancellation);
        else
            await calls.TryOnceAsync(call, cancellation);
    }

    /// <summary>One request of an overload: asked once, never followed. Its end is the platform's business, and the checker's.</summary>
    public async Task AskOnceAsync(CancellationToken cancellation)
    {
        if (shelf.Any(partner, random) is not { } sha256)
            return;
        var request = new CreateQuoteRequest { Parent = _parent, RequestId = DrawId(), Quote = Questions.Draw(partner, sha256, random, random.Next(10) == 0) };
        await calls.TryOnceAsync(Create(request), cancellation);
    }

    /// <summary>
    /// A light, steady pulse of known questions, a preview and a quote in turn: it finds the moment at which a path works again.
    /// Recovery is as sharp as its pause.
    /// </summary>
    public async Task PulseAsync(CancellationToken closing, CancellationToken cancellation)
    {
        while (!closing.IsCancellationRequested && !cancellation.IsCancellationRequested)
        {
            await PreviewAsync(TimeSpan.FromSeconds(Limits.Chaos.PulseSeconds), persist: false, cancellation);
            if (shelf.Any(partner, random) is { } sha256)
            {
                var request = new CreateQuoteRequest { Parent = _parent, RequestId = DrawId(), Quote = Questions.Draw(partner, sha256, random, newOptions: false) };
                await calls.TryOnceAsync(Create(request) with { Deadline = TimeSpan.FromSeconds(Limits.Chaos.PulseSeconds) }, cancellation);
            }
            await calls.PauseAsync(Limits.Chaos.PulseMs, closing);
        }
    }

    static CallFacts Learned(Quote quote, CallFacts facts) => facts with
    {
        Quote = quote.Name,
        State = StateOf(quote.State),
        PriceList = quote.PriceListVersion,
        Prices = Questions.DigestOf(quote.Prices),
        Failure = quote.Failure?.Reason,
    };

    static bool IsTerminal(Quote quote) => quote.State is not (Quote.Types.State.Measuring or Quote.Types.State.Unspecified);

    /// <summary>As the database writes it.</summary>
    static string StateOf(Quote.Types.State state) => state switch
    {
        Quote.Types.State.Measuring => "measuring",
        Quote.Types.State.Priced => "priced",
        Quote.Types.State.NeedsReview => "needs_review",
        Quote.Types.State.Failed => "failed",
        Quote.Types.State.Cancelled => "cancelled",
        _ => "unspecified",
    };

    string DrawId()
    {
        Span<byte> bytes = stackalloc byte[16];
        random.NextBytes(bytes);
        return new Guid(bytes).ToString("D");
    }
}

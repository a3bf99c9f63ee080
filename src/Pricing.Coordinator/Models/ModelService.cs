using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Pricing.Coordinator.Edge;
using Pricing.Quoting.V1;

namespace Pricing.Coordinator.Models;

/// <summary>Models: announced by hash, uploaded once, visible to the partners who brought them.</summary>
public sealed class ModelService(ModelQueries models, IModelStore store, UploadSlots slots, BrokenUploads broken, StoredModels stored, IAheadMeasuring ahead, CoordinatorOptions options, TimeProvider time) : Quoting.V1.ModelService.ModelServiceBase
{
    public override async Task<Model> CreateModel(CreateModelRequest request, ServerCallContext context)
    {
        var partner = ResourceNames.ParsePartner(request.Parent, "parent");
        var sha256 = ResourceNames.ParseSha256(request.Sha256, "sha256");
        CheckSize(request.SizeBytes, "size_bytes");
        CheckFileName(request.FileName, "file_name");
        CheckAgreesWithKnown(await models.FindFactsAsync(sha256, context.CancellationToken), request.SizeBytes, "size_bytes");
        return ToModel(await models.AnnounceAsync(partner, sha256, request.SizeBytes, request.FileName, context.CancellationToken));
    }

    public override async Task<Model> GetModel(GetModelRequest request, ServerCallContext context)
    {
        var (partner, sha256) = ResourceNames.ParseModel(request.Name, "name");
        var row = await models.FindAsync(partner, sha256, context.CancellationToken);
        return row is null ? throw RefusalException.NoSuchModel("name", request.Name) : ToModel(row);
    }

    /// <summary>Looks into the partner's own models only: what another one brought is missing, whether or not it is here.</summary>
    public override async Task<FindMissingChunksResponse> FindMissingChunks(FindMissingChunksRequest request, ServerCallContext context)
    {
        var partner = ResourceNames.ParsePartner(request.Parent, "parent");
        var chunks = ModelChunk.Parse(request.Chunks, "chunks");
        var places = await models.FindChunksAsync(partner, chunks, context.CancellationToken);
        var isHere = new HashSet<ModelCopy>();
        foreach (var model in places.Select(place => place.Model).Distinct())
            if (await store.ContainsAsync(model, context.CancellationToken))
                isHere.Add(model);
        var known = broken.Find(partner, chunks);
        foreach (var place in places.Where(place => isHere.Contains(place.Model)))
            known[Convert.ToHexString(place.ChunkSha256)] = place.Length;
        var response = new FindMissingChunksResponse();
        for (var i = 0; i < chunks.Count; i++)
            if (!known.TryGetValue(Convert.ToHexString(chunks[i].Sha256), out var length) || length != chunks[i].Length)
                response.Missing.Add((uint)i);
        return response;
    }

    /// <summary>
    /// Header first, then chunks in order. Memory is one chunk; bytes go to disk and into the hash as they come. Anything that disagrees
    /// with the header ends the call at once and leaves nothing behind. What the sender leaves out is copied from models he has here; the hash of
    /// the whole decides in any case.
    /// </summary>
    public override async Task<Model> UploadModel(IAsyncStreamReader<UploadModelRequest> requestStream, ServerCallContext context)
    {
        using var slot = slots.Take();
        using var messages = new PatientReader(requestStream, time, context.CancellationToken);
        return await ReceiveAsync(messages, context.CancellationToken);
    }

    async Task<Model> ReceiveAsync(PatientReader messages, CancellationToken cancel)
    {
        if (!await messages.NextAsync() || messages.Current.Header is not { } header)
            throw RefusalException.Invalid("HEADER_MISSING", "The first message of an upload is its header.", "header");
        var partner = ResourceNames.ParsePartner(header.Parent, "header.parent");
        CheckSize(header.SizeBytes, "header.size_bytes");
        CheckFileName(header.FileName, "header.file_name");
        var plan = UploadPlan.Of(header);
        var announced = header.Sha256.Length > 0 ? ResourceNames.ParseSha256(header.Sha256, "header.sha256") : null;
        var facts = announced is null ? null : await models.FindFactsAsync(announced, cancel);
        if (announced is not null && facts is { IsStored: true } && await store.ContainsAsync(ModelCopy.Of(announced, facts.Copy), cancel))
        {
            CheckAgreesWithKnown(facts, header.SizeBytes, "header.size_bytes");
            return ToModel(await models.AnnounceAsync(partner, announced, facts.SizeBytes, header.FileName, cancel));
        }

        using var copier = await ChunkCopier.OpenAsync(partner, [.. plan.Copied], models, store, broken, cancel);
        await using var upload = store.BeginUpload(announced is null ? null : ModelCopy.Of(announced, facts?.Copy ?? 0), header.SizeBytes);
        long received = 0;
        var began = time.GetTimestamp();
        IAheadRun? early = null;
        var mayBeEarly = header.MeasureAhead && announced is not null;
        try
        {
            foreach (var step in plan.Steps)
            {
                if (step.Copied is { } copied)
                    await copier.CopyAsync(copied, upload, cancel);
                else
                    await ReceiveAsync(upload.Length + step.Length);
            }
            // An honest sender ends here.
            while (await messages.NextAsync())
                await TakeAsync(upload.Length);
            var model = await StoreAsync(partner, header, announced, plan.Chunks, upload, cancel);
            broken.Forget(partner, model.Sha256);
            early = null;
            return ToModel(model);
        }
        catch (Exception fault) when (announced is not null && received >= Limits.Model.BrokenBytesMin && IsBreak(fault))
        {
            // The sender, the network or the store broke off; what he sent was not wrong. The next try need not send it again.
            if (upload.Keep() is { } kept)
                broken.Keep(partner, announced, plan.Chunks, kept);
            throw;
        }
        finally
        {
            if (early is not null)
                await early.GiveUpAsync();
        }

        async Task ReceiveAsync(long end)
        {
            while (upload.Length < end)
            {
                if (!await messages.NextAsync())
                    throw SizeMismatch(header.SizeBytes, $"{upload.Length} bytes");
                await TakeAsync(end);
            }
        }

        // The message just read; its bytes belong before the end of this range.
        async Task TakeAsync(long end)
        {
            if (messages.Current.PartCase is not UploadModelRequest.PartOneofCase.Chunk)
                throw RefusalException.Invalid("CHUNK_EXPECTED", "After the header only chunks follow.", "chunk");
            var chunk = messages.Current.Chunk;
            if (chunk.Length > Limits.Wire.ChunkBytesMax)
                throw RefusalException.Invalid("CHUNK_TOO_LARGE", "One chunk is too large.", "chunk", $"{Limits.Wire.ChunkBytesMax} bytes", $"{chunk.Length} bytes");
            if (upload.Length + chunk.Length > end)
                throw end == header.SizeBytes ? SizeMismatch(header.SizeBytes, $"more than {upload.Length} bytes") : RefusalException.Invalid("CHUNKS_DISAGREE",
                    "More bytes came than belong before the next reused chunk.", "chunk", $"{end} bytes", $"{upload.Length + chunk.Length} bytes");
            await upload.AppendAsync(chunk.Memory, cancel);
            received += chunk.Length;
            CheckRate(received, messages.Waited);
            if (mayBeEarly && upload.Length >= Limits.Job.AheadBytesMin)
            {
                mayBeEarly = false;
                if (upload.Length >= time.GetElapsedTime(began).TotalSeconds * options.AheadBytesPerSecondMin)
                    early = await ahead.BeginAsync(partner, announced!, header.SizeBytes, header.FileName, upload, cancel);
            }
        }
    }

    async Task<ModelRow> StoreAsync(
        string partner, UploadHeader header, byte[]? announced, IReadOnlyList<ModelChunk> chunks, IModelUpload upload, CancellationToken cancel)
    {
        var sha256 = upload.CurrentSha256();
        if (announced is not null && !sha256.AsSpan().SequenceEqual(announced))
        {
            throw RefusalException.Invalid("SHA256_MISMATCH", "The bytes do not have the announced hash.", "header.sha256",
                header.Sha256, Convert.ToHexStringLower(sha256));
        }
        // A twin may have stored the same bytes meanwhile: then there is nothing to make durable.
        var facts = await models.FindFactsAsync(sha256, cancel);
        var copy = ModelCopy.Of(sha256, facts?.Copy ?? 0);
        if (facts is not { IsStored: true } || !await store.ContainsAsync(copy, cancel))
            await upload.CommitAsync(copy, cancel);
        var row = await models.StoreAsync(partner, sha256, copy.Number, upload.Length, header.FileName, chunks, cancel);
        stored.Remember(copy);
        return row;
    }

    static Model ToModel(ModelRow row) => new()
    {
        Name = ResourceNames.Model(row.Partner, row.Sha256),
        Sha256 = Convert.ToHexStringLower(row.Sha256),
        SizeBytes = row.SizeBytes,
        FileName = row.FileName,
        State = row.IsStored ? Model.Types.State.Stored : Model.Types.State.AwaitingUpload,
        // Relative to the facade a client reached us through; a gRPC client streams to UploadModel instead.
        UploadUri = row.IsStored ? "" : $"/v1/models/{Convert.ToHexStringLower(row.Sha256)}",
        CreateTime = Timestamp.FromDateTime(row.CreatedAt),
        Etag = row.IsStored ? "stored" : "awaiting-upload",
    };

    static RefusalException SizeMismatch(long expected, string actual) =>
        RefusalException.Invalid("SIZE_MISMATCH", "The upload is not as long as its header says.", "header.size_bytes", $"{expected} bytes", actual);

    static void CheckAgreesWithKnown(ModelFacts? known, long sizeBytes, string field)
    {
        if (known is { IsSizeKnown: true } && known.SizeBytes != sizeBytes)
            throw RefusalException.Invalid("SIZE_MISMATCH", "A model with this hash has another size.", field, $"{known.SizeBytes} bytes", $"{sizeBytes} bytes");
    }

    static bool IsBreak(Exception fault) =>
        fault is IOException or OperationCanceledException or RpcException or RefusalException { Reason: "UPLOAD_STALLED" or "UPLOAD_TOO_SLOW" };

    static void CheckSize(long sizeBytes, string field)
    {
        if (sizeBytes <= 0)
            throw RefusalException.Invalid("MODEL_EMPTY", "A model has at least one byte.", field, "1 byte", $"{sizeBytes} bytes");
        if (sizeBytes > Limits.Mesh.FileBytesMax)
            throw RefusalException.Invalid("MODEL_TOO_LARGE", "The model is too large.", field, $"{Limits.Mesh.FileBytesMax} bytes", $"{sizeBytes} bytes");
    }

    static void CheckFileName(string fileName, string field)
    {
        if (fileName.Length > Limits.Quote.FileNameCharsMax)
        {
            throw RefusalException.Invalid("FILE_NAME_TOO_LONG", "The file name is too long.", field,
                $"{Limits.Quote.FileNameCharsMax} characters", $"{fileName.Length} characters");
        }
        if (fileName.AsSpan().ContainsAnyInRange('\0', '\x1f'))
            throw RefusalException.Invalid("FILE_NAME_INVALID", "A file name holds no control characters.", field);
    }

    static void CheckRate(long bytes, TimeSpan waited)
    {
        var late = waited.TotalSeconds - Limits.Model.UploadGraceSeconds;
        if (late > 0 && bytes < late * Limits.Model.UploadBytesPerSecondMin)
        {
            throw new RefusalException(StatusCode.DeadlineExceeded, "UPLOAD_TOO_SLOW", "The upload is too slow.", "chunk",
                $"{Limits.Model.UploadBytesPerSecondMin} bytes/s", $"{(long)(bytes / waited.TotalSeconds)} bytes/s");
        }
    }
}
